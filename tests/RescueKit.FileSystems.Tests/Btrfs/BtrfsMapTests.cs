using RescueKit.FileSystems.Btrfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Btrfs;

/// <summary>Whole file systems: the map against btrfs-progs' lists, and restored from it against btrfs check with the data's checksums.</summary>
[Collection(BtrfsCollection.Name)]
public class BtrfsMapTests(BtrfsVariants variants)
{
    public static TheoryData<string> All => [.. BtrfsVariants.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Used_space_is_exactly_what_btrfs_lists(string name)
    {
        var path = variants.PathOf(name);
        Assert.Null(BtrfsImages.Complaint(path));
        using var volume = new FileSource(path);
        var content = new BtrfsReader().Read(volume, new AllocationOptions());

        Assert.NotNull(content);
        Assert.True(content.Map is not null, content.WholeReason);
        MapAssert.WellFormed(content, volume.Length);
        Assert.Equal(BtrfsImages.Used(path), content.Map.UsedIn(new Extent(0, volume.Length)));
        Assert.False(content.Unclean);
        Assert.False(content.IsSetMember);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Type_label_and_uuid_are_as_blkid_prints_them(string name)
    {
        var path = variants.PathOf(name);
        using var volume = new FileSource(path);
        var content = new BtrfsReader().Read(volume, new AllocationOptions())!;
        string Blkid(string tag) => Tool.Must("blkid", "-p", "-o", "value", "-s", tag, path).Output.Trim();
        Assert.Equal(Blkid("TYPE"), content.Type);
        Assert.Equal(Blkid("LABEL"), content.Label);
        Assert.Equal(Blkid("UUID"), content.Uuid);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Restored_onto_random_bytes_it_passes_btrfs_check(string name)
    {
        var path = variants.PathOf(name);
        using var folder = new TempFolder();
        using var volume = new FileSource(path);
        var content = new BtrfsReader().Read(volume, new AllocationOptions())!;
        var restored = folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, content.Map!.UsedIn(new Extent(0, volume.Length)), restored, seed: 3);
        Assert.Null(BtrfsImages.Complaint(restored));
    }

    [Fact]
    public void Checksums_that_are_not_known_leave_it_whole()
    {
        using var folder = new TempFolder();
        var path = folder.File("blake2");
        BtrfsImages.Make([path], 160 << 20, ["--csum", "blake2"], seed: 1, contentBytes: 1 << 20);
        using var volume = new FileSource(path);
        var content = new BtrfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains("BLAKE2", content.WholeReason, StringComparison.Ordinal);
    }
}
