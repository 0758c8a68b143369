using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Stores;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests;

public class StoreTests
{
    private const long GiB = 1L << 30, MiB = 1 << 20;

    [Theory]
    [InlineData(100 * GiB, 64 * GiB, 10 * GiB)] // a tenth of the volume
    [InlineData(1 * GiB, 64 * GiB, 256 * MiB)] // at least a step
    [InlineData(100 * GiB, 4 * GiB, 2 * GiB)] // half of what there is
    [InlineData(64 * MiB, 64 * GiB, 66 * MiB)] // never more than the volume can need
    public void The_first_size_follows_the_rule(long volume, long available, long expected) => Assert.Equal(expected, StoreRoom.For(volume, () => available).First);

    [Fact]
    public void It_grows_until_the_volume_fits_and_no_further()
    {
        var room = StoreRoom.For(2 * GiB, () => 64 * GiB);
        var length = room.First;
        while (room.After(length) is { } next)
        {
            Assert.True(next > length);
            length = next;
        }
        Assert.InRange(length, 2 * GiB, 2 * GiB + 64 * MiB);
    }

    [Fact]
    public void Nothing_is_taken_where_there_is_nothing() => Assert.Null(StoreRoom.For(2 * GiB, () => 0).After(256 * MiB));

    [Fact]
    public void A_folder_that_has_been_removed_has_no_room() => Assert.Equal(0, StoreChoice.RoomIn("/no/such/folder", GiB).First);

    [Theory]
    [InlineData(16 * GiB, 10 * GiB, 0, 8 * GiB)]
    [InlineData(16 * GiB, 10 * GiB, 3 * GiB, 5 * GiB)] // what stores that there are may still take
    [InlineData(16 * GiB, 1 * GiB, 0, 0)] // an eighth stays
    public void Memory_is_promised_once_and_not_to_its_end(long total, long available, long promised, long expected) =>
        Assert.Equal(expected, StoreChoice.RoomInMemory(total, available, promised));

    [Fact]
    public void A_file_takes_what_is_written_of_it()
    {
        using var file = Kernel.OpenMemory("test")!;
        Kernel.Truncate(file, GiB);
        Assert.Equal(0, Kernel.SizeOnDisk(file));
        RandomAccess.Write(file, new byte[MiB], 0);
        Assert.InRange(Kernel.SizeOnDisk(file), MiB, 4 * MiB);
    }

    [Fact]
    public void A_folder_lies_where_its_link_leads_whatever_its_mount_point_is_called()
    {
        using var folder = new TempFolder();
        var real = folder.Folder("big data");
        File.CreateSymbolicLink(folder.File("cow"), real);
        string[] mounts = ["1 0 8:1 / / rw - ext4 /dev/sda1 rw", $"2 1 8:2 / {real.Replace(" ", "\\040", StringComparison.Ordinal)} rw - ext4 /dev/sda2 rw"];
        Assert.All([real, folder.File("cow")], path => Assert.Equal("8:2", StoreChoice.MountNumber(path, mounts)));
    }

    [Theory]
    [InlineData("/store", "/ is imaged itself")]
    [InlineData("/merged/store", "overlay")]
    [InlineData("/other/store", null)]
    public void A_folder_on_what_is_frozen_or_on_an_overlay_is_none(string folder, string? expected)
    {
        string[] mounts = ["1 0 253:0 / / rw shared:1 - ext4 /dev/dm-0 rw", "2 1 0:50 / /merged rw shared:2 master:1 - overlay overlay rw,upperdir=/upper", "3 1 8:2 / /other rw - xfs /dev/sda2 rw"];
        var why = StoreChoice.WhyNotIn(folder, [new LiveVolume("the root", "253:0", GiB, [new LiveFileSystem("/", "253:0", "ext4", 0)])], mounts);
        if (expected is null) Assert.Null(why);
        else Assert.Contains(expected, why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("16/128 8", 16 * 512L, 128 * 512L)]
    [InlineData("0/2097152 0", 0L, GiB)]
    public void The_kernels_count_is_read(string status, long used, long length) => Assert.Equal(new StoreUse(used, length), StoreUse.Parse(status));

    [Theory]
    [InlineData("Invalid")]
    [InlineData("Overflow")]
    [InlineData("")]
    [InlineData("1/2/3")]
    public void All_else_means_that_it_is_lost(string status) => Assert.Null(StoreUse.Parse(status));
}
