using RescueKit.FileSystems.Xfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Xfs;

/// <summary>What the log and the superblock say of the state a volume was left in. The fixtures' README tells how they were made.</summary>
public sealed class XfsStateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("xfs-v4-aged.img.gz")]
    [InlineData("xfs-v5-aged.img.gz")]
    public void Aged_volumes_are_mapped_as_xfs_db_lists_them(string fixture)
    {
        var path = Unpacked(fixture);
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.False(content.Unclean);
        var whole = new Extent(0, volume.Length);
        Assert.Equal(XfsImages.Free(path), content.Map.UsedIn(whole).ComplementIn(whole));
        var restored = _folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, content.Map.UsedIn(whole), restored, seed: 9);
        Assert.Null(XfsImages.Complaint(restored));
    }

    [Fact]
    public void A_frozen_volume_whose_log_holds_counters_is_mapped()
    {
        var path = Unpacked("xfs-frozen.img.gz");
        Assert.Contains("DIRTY", Tool.Must("xfs_logprint", "-t", path).Output, StringComparison.Ordinal);
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.True(content.Unclean);
        Assert.Contains("frozen", Assert.Single(content.Warnings), StringComparison.Ordinal);
        var whole = new Extent(0, volume.Length);
        Assert.Equal(XfsImages.Free(path), content.Map.UsedIn(whole).ComplementIn(whole));
    }

    [Fact]
    public void A_volume_with_a_log_to_replay_is_taken_whole()
    {
        using var volume = new FileSource(Unpacked("xfs-dirty.img.gz"));
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.True(content.Unclean);
        Assert.NotNull(content.UncleanMap);
        Assert.Contains("log needs to be replayed", content.WholeReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-l logdev", "another volume")]
    [InlineData("-r rtdev", "realtime")]
    public void What_lies_on_another_volume_leaves_it_whole(string option, string reason)
    {
        var (path, other) = (_folder.File("data"), SparseFile.Create(_folder.File("other"), 64 << 20));
        XfsImages.Make(path, 64 << 20, $"{option}={other}".Split(' '), seed: 1, contentBytes: 0);
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_that_repair_has_given_up_is_taken_whole()
    {
        var path = XfsImages.Make(_folder.File("image"), 64 << 20, [], seed: 1, contentBytes: 1 << 20);
        Tool.Must("xfs_db", "-x", "-c", "sb 0", "-c", "write -d features_incompat 0x1b", path);
        using var volume = new FileSource(path);
        var content = new XfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains("needsrepair", content.WholeReason, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Unpacked(string fixture)
    {
        var path = _folder.File(fixture);
        File.WriteAllBytes(path, Fixture.Open(fixture).ToArray());
        return path;
    }
}
