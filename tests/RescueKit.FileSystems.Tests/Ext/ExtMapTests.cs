using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>Clean file systems: the map against dumpe2fs's lists, and restored from it against e2fsck and every file's digest.</summary>
[Collection(ExtCollection.Name)]
public class ExtMapTests(ExtVariants variants)
{
    public static TheoryData<string> All => [.. ExtVariants.Names];

    public static TheoryData<string> Restored =>
    [
        "ext2-1k", "ext3-1k", "ext4-4k", "ext4-2k", "ext4-64k", "ext4-uninit_bg", "ext4-meta_bg", "ext4-bigalloc-1k", "ext4-bigalloc-4k",
        "ext4-sparse_super2", "ext4-new-features", "ext4-no-journal", "ext4-lazy",
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Free_space_is_exactly_what_dumpe2fs_lists(string name)
    {
        var path = variants.PathOf(name);
        Assert.True(ExtImages.IsConsistent(path), Tool.Run("e2fsck", "-fn", path).Everything);
        using var volume = new FileSource(path);
        var content = new ExtReader().Read(volume, new AllocationOptions());

        Assert.NotNull(content);
        Assert.True(content.Map is not null, content.WholeReason);
        MapAssert.WellFormed(content, volume.Length);
        var summary = ExtImages.Summary(path)!;
        var whole = new Extent(0, volume.Length);
        Assert.Equal(summary.Free, content.Map.UsedIn(whole).ComplementIn(whole));
        Assert.Equal(volume.Length - summary.FreeBlocks * summary.BlockSize, content.Map.UsedBytes);
        Assert.Equal(summary.BlockCount * summary.BlockSize, content.ClaimedLength);
        Assert.Equal(summary.BlockSize, content.BlockSize);
        Assert.False(content.Unclean);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Type_label_and_uuid_are_as_blkid_prints_them(string name)
    {
        var path = variants.PathOf(name);
        using var volume = new FileSource(path);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        string Blkid(string tag) => Tool.Must("blkid", "-p", "-o", "value", "-s", tag, path).Output.Trim();
        Assert.Equal(Blkid("TYPE"), content.Type);
        Assert.Equal(Blkid("LABEL"), content.Label);
        Assert.Equal(Blkid("UUID"), content.Uuid);
    }

    [Theory]
    [MemberData(nameof(Restored))]
    public void Restored_onto_random_bytes_it_passes_e2fsck_with_every_file_intact(string name)
    {
        var path = variants.PathOf(name);
        using var folder = new TempFolder();
        using var volume = new FileSource(path);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        var restored = folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, content.Map!.UsedIn(new Extent(0, volume.Length)), restored, seed: 3);

        var check = Tool.Run("e2fsck", "-fn", restored);
        Assert.True(check.Ok, check.Everything);
        var digests = ExtImages.Digests(path);
        Assert.NotEmpty(digests);
        Assert.Equal(digests, ExtImages.Digests(restored));
    }
}
