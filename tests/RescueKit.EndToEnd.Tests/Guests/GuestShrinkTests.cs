using RescueKit.EndToEnd.Tests.Sizes;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Restored onto a smaller disk where the kernel has NBD disks and there is no nbdfuse, as on the rescue media.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestShrinkTests(GuestSystem system)
{
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void File_systems_are_shrunk_on_disks_of_the_kernel()
    {
        using var folder = new TempFolder();
        var disk = new SizedDisk(folder, "disk", 260, """
            label: gpt
            start=2048, size=128M, type=L
            size=128M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
            """);
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 128, "-t", "ext4"), 3);
        disk.Fill(2, MatrixMountedVolume.Ntfs(4096, 128), 4);
        var small = MatrixDisk.OfRandomBytes(folder.File("small"), 170 << 20, seed: 5);
        using (var guest = system.Boot(new GuestDisk("disk", disk.Path, GuestBus.Virtio), new GuestDisk("small", small, GuestBus.Virtio) { Serial = "SMALLONE" }))
        {
            guest.Must($"""
                set -e
                rmmod nbd; insmod {GuestNbdMachine.Module} max_part=0
                rescuekit image create /dev/vda /tmp/x.rki --quiet
                rescuekit image restore /tmp/x.rki /dev/vdb --shrink --confirm LONE --verify
                ! ls /sys/block/nbd*/pid 2>/dev/null
                ! ls -d /tmp/rescuekit-* 2>/dev/null
                """);
        }
        SizedDisk.TableMustBeSound(small);
        disk.MustBeOn(small);
    }
}
