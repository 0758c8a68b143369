using RescueKit.Model;
using RescueKit.Snapshots.Lvm;

namespace RescueKit.Snapshots.Tests.Lvm;

public class LvmStoreTests
{
    private const long GiB = 1L << 30, MiB = 1 << 20;

    [Theory]
    [InlineData(100 * GiB, 64 * GiB, 10 * GiB)] // a tenth of the volume
    [InlineData(1 * GiB, 64 * GiB, 256 * MiB)] // at least a step
    [InlineData(100 * GiB, 4 * GiB, 2 * GiB)] // half of what there is
    [InlineData(16 * MiB, 64 * GiB, 20 * MiB)] // what the volume can need, in whole extents
    [InlineData(100 * GiB, 128 * MiB, 64 * MiB)] // just enough
    public void A_thick_snapshot_begins_with(long volume, long free, long expected) => Assert.Equal(expected, LvmStore.First(Thick(volume, free)));

    [Fact]
    public void A_thin_snapshot_needs_no_size() => Assert.Null(LvmStore.First(Thin(10 * GiB, 1 * GiB)));

    [Fact]
    public void Too_little_room_in_the_group_is_told_in_bytes()
    {
        var error = Assert.Throws<SnapshotException>(() => LvmStore.First(Thick(100 * GiB, 100 * MiB)));
        Assert.Equal($"vg0 has {100 * MiB} bytes free, and a snapshot of vg0/root wants {128 * MiB}: {28 * MiB} are missing", error.Message);
        Assert.Contains("vgextend", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100L << 20)]
    [InlineData(null)]
    public void Too_little_room_in_the_pool_is_told_too(long? free)
    {
        var error = Assert.Throws<SnapshotException>(() => LvmStore.First(Thin(100 * GiB, free)));
        Assert.Equal($"the pool of vg0/root has {free ?? 0} bytes free, and a snapshot of vg0/root wants {128 * MiB}: {128 * MiB - (free ?? 0)} are missing", error.Message);
        Assert.Contains("lvextend", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(256 * MiB, 64 * GiB, 256 * MiB)]
    [InlineData(4 * GiB, 64 * GiB, 1 * GiB)] // a quarter
    [InlineData(4 * GiB, 21 * MiB, 12 * MiB)] // of half of what there is, whole extents
    [InlineData(4 * GiB, 5 * MiB, 4 * MiB)]
    public void A_step_is_whole_extents_that_the_group_has(long length, long free, long expected) => Assert.Equal(expected, LvmStore.Step(Thick(100 * GiB, free), length));

    [Theory]
    [InlineData(0L)]
    [InlineData(1L << 20)]
    [InlineData(3L << 20)]
    public void A_group_that_is_full_gives_none(long free) => Assert.Null(LvmStore.Step(Thick(100 * GiB, free), 256 * MiB));

    [Fact]
    public void Nothing_is_added_to_what_holds_the_whole_volume() => Assert.Null(LvmStore.Step(Thick(1 * GiB, 64 * GiB), 1100 * MiB));

    [Theory]
    [InlineData("1 10/100 10/100 - rw discard_passdown queue_if_no_space - 1024", false)]
    [InlineData("1 95/100 95/100 -", false)]
    [InlineData("1 10/100 96/100 -", true)]
    [InlineData("1 96/100 10/100 -", true)]
    [InlineData("Fail", true)]
    [InlineData("Error", true)]
    [InlineData("", true)]
    [InlineData("1 10/100", true)]
    [InlineData("1 x/100 10/100", true)]
    [InlineData("1 10/100 10/y", true)]
    [InlineData("1 10 10", true)]
    [InlineData("1 1/2/3 10/100", true)]
    public void A_pool_is_too_full_where_it_says_so_or_nothing_sensible(string status, bool expected) => Assert.Equal(expected, LvmStore.IsTooFull(status));

    private static LogicalVolume Thick(long length, long free) => new("vg0", "root", "253:1", length, "linear", "", [], free, 4 << 20, null);

    private static LogicalVolume Thin(long length, long? free) => new("vg0", "root", "253:1", length, "thin", "", [], 0, 4 << 20, free);
}
