using RescueKit.Model;
using RescueKit.Snapshots.Stores;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Stores;

/// <summary>How a device that is given as a store is shared among volumes.</summary>
public sealed class StoreDeviceTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(1024, new long[] { 1, 2600, 64, 400, 300, 64 })]
    [InlineData(1024, new long[] { 1, 1, 1, 100_000_000 })]
    [InlineData(100_000, new long[] { 400, 300 })]
    [InlineData(40, new long[] { 1000, 1000 })]
    public void Each_volume_has_what_it_must_and_none_more_than_it_can_need(long device, long[] volumes)
    {
        var pieces = StoreDevice.Split(device * MiB, [.. volumes.Select(length => length * MiB)]);
        var end = MiB; // the first and the last MiB are never used
        foreach (var ((start, length), volume) in pieces.Zip(volumes))
        {
            Assert.Equal(end, start);
            Assert.InRange(length, Math.Min(16 * MiB, StoreRoom.MostFor(volume * MiB)), StoreRoom.MostFor(volume * MiB));
            end = start + length;
        }
        Assert.InRange(end, 0, (device - 1) * MiB);
    }

    [Fact]
    public void The_larger_volume_has_the_larger_share() =>
        Assert.True(StoreDevice.Split(1024 * MiB, [4000 * MiB, 8000 * MiB]) is [var (_, small), var (_, large)] && large > small * 3 / 2);

    [Fact]
    public void What_does_not_fit_is_nothing_and_never_past_the_end()
    {
        var pieces = StoreDevice.Split(20 * MiB, [1000 * MiB, 1000 * MiB, 1000 * MiB]);
        Assert.True(pieces[^1].Start + pieces[^1].Length <= 19 * MiB);
        Assert.Contains(pieces, piece => piece.Length < 16 * MiB);
    }

    [Theory]
    [InlineData("loop0", "lies in the file /store.img: / is imaged itself")]
    [InlineData("loop0/loop0p1", "lies in the file /store.img: / is imaged itself")]
    [InlineData("dm-5", "lies in the file /store.img: / is imaged itself")] // made of the partition
    [InlineData("loop1", "lies in the file /store.img: / is imaged itself")] // over /dev/loop0
    [InlineData("loop2", "lies in the file /gone.img: / is imaged itself")] // removed, and still there
    [InlineData("dm-6", "lies on the root, which is frozen itself")]
    [InlineData("loop3", null)]
    [InlineData("sdb", null)]
    public void A_device_over_a_file_is_followed_to_where_the_file_lies(string device, string? expected)
    {
        using var sys = new TempFolder();
        Device("loop0", "7:0", "/store.img");
        Device("loop0/loop0p1", "259:0");
        File.WriteAllText(sys.File("loop0/loop0p1/partition"), "1\n");
        Device("dm-5", "253:5", over: "loop0/loop0p1");
        Device("loop1", "7:1", "/dev/loop0");
        Device("loop2", "7:2", "/gone.img (deleted)");
        Device("loop3", "7:3", "/other/store.img");
        Device("dm-0", "253:0");
        Device("dm-6", "253:6", over: "dm-0");
        Device("sdb", "8:16");
        string[] mounts = ["1 0 253:0 / / rw - ext4 /dev/dm-0 rw", "2 1 8:2 / /other rw - ext4 /dev/sda2 rw"];
        LiveVolume[] frozen = [new("the root", "253:0", 1000 * MiB, [new("/", "253:0", "ext4", 0)])];
        Assert.Equal(expected, StoreDevice.WhyNotOn(sys.File(device), sys.FullPath, frozen, mounts));

        void Device(string name, string number, string? file = null, string? over = null)
        {
            File.WriteAllText(Path.Combine(sys.Folder(name), "dev"), number + "\n");
            if (file is not null) File.WriteAllText(Path.Combine(sys.Folder(name + "/loop"), "backing_file"), file + "\n");
            if (over is not null) Directory.CreateSymbolicLink(Path.Combine(sys.Folder(name + "/slaves"), Path.GetFileName(over)), sys.File(over));
        }
    }
}
