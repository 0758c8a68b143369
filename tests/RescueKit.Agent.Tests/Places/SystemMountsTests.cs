using RescueKit.Agent.Places;
using RescueKit.Agent.Tests.Fakes;

namespace RescueKit.Agent.Tests.Places;

public sealed class SystemMountsTests : IDisposable
{
    private readonly MadeUpRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Real_disks_and_shares_are_places_and_each_file_system_is_one()
    {
        _root.File("/proc/self/mountinfo", """
            21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            22 21 0:5 / /dev rw shared:2 - devtmpfs udev rw
            23 21 0:20 / /run rw shared:3 - tmpfs tmpfs rw
            24 21 8:1 /var /tmp rw shared:4 - ext4 /dev/sda1 rw
            25 21 8:2 / /boot rw shared:5 - ext4 /dev/sda2 rw
            26 21 7:0 / /tmp ro shared:6 - squashfs /dev/loop0 ro
            27 21 0:50 / /mnt/nas rw shared:7 - nfs4 nas:/backup rw
            28 21 8:17 / /tmp ro shared:8 - vfat /dev/sdb1 ro

            """);
        var places = new SystemMounts(_root.Root).Places().ToList();
        Assert.Equal(["/", "/mnt/nas", "/tmp"], places.Select(mount => mount.Point));
        Assert.Equal(["ext4", "nfs4", "vfat"], places.Select(mount => mount.Type));
        Assert.Equal([false, false, true], places.Select(SystemMounts.IsReadOnly));
    }
}
