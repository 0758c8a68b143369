using RescueKit.FileSystems.Xfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Xfs;

/// <summary>Clean file systems: the map against xfs_db's list of free extents, and restored from it against xfs_repair.</summary>
[Collection(XfsCollection.Name)]
public class XfsMapTests(XfsVariants variants)
{
    public static TheoryData<string> All => [.. XfsVariants.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Free_space_is_exactly_what_xfs_db_lists(string name)
    {
        var path = variants.PathOf(name);
        Assert.Null(XfsImages.Complaint(path));
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions());

        Assert.NotNull(content);
        Assert.True(content.Map is not null, content.WholeReason);
        MapAssert.WellFormed(content, volume.Length);
        var whole = new Extent(0, volume.Length);
        var fields = XfsImages.Fields(path, "sb 0", "dblocks", "blocksize")!;
        Assert.Equal(XfsImages.Free(path), content.Map.UsedIn(whole).ComplementIn(whole));
        Assert.Equal(fields["dblocks"] * fields["blocksize"], content.ClaimedLength);
        Assert.Equal(fields["blocksize"], content.BlockSize);
        Assert.False(content.Unclean);
        Assert.Empty(content.Warnings);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Type_label_and_uuid_are_as_blkid_prints_them(string name)
    {
        var path = variants.PathOf(name);
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        string Blkid(string tag) => Tool.Must("blkid", "-p", "-o", "value", "-s", tag, path).Output.Trim();
        Assert.Equal(Blkid("TYPE").ToUpperInvariant(), content.Type);
        Assert.Equal(Blkid("LABEL"), content.Label);
        Assert.Equal(Blkid("UUID"), content.Uuid);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Restored_onto_random_bytes_it_passes_xfs_repair(string name)
    {
        var path = variants.PathOf(name);
        using var folder = new TempFolder();
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        var restored = folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, content.Map!.UsedIn(new Extent(0, volume.Length)), restored, seed: 3);
        Assert.Null(XfsImages.Complaint(restored));
    }
}
