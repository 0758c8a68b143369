using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// A volume group over two disks with all that lvm2 makes: each disk imaged on its own, restored onto one full of random bytes, both activated there. Only linear volumes
/// without snapshots are looked into; of all others every extent has to be there.
/// </summary>
[Collection(GuestTests.Name)]
public sealed class GuestLvmTests(GuestSystem system)
{
    private const long Length = 128 << 20;
    private const string Volumes = "root thin thinsnap data old mirrored striped";

    private const string Functions = """
        set -e
        fill() {
            mount -t ext2 /dev/vg/$1 /mnt
            i=0
            while [ $i -lt 100 ]; do head -c $((i * 331 + $2)) /dev/urandom > /mnt/f$i; i=$((i + 1)); done
            rm -f /mnt/f?3
            umount /mnt
        }
        sums() {
            mount -t ext2 -o ro /dev/vg/$1 /mnt; cd /mnt; $2; cd /; umount /mnt
        }

        """;

    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void Thin_mirrored_striped_and_snapshotted_volumes_survive()
    {
        using var folder = new TempFolder();
        var files = new[] { "first", "second", "third", "fourth" }.Select(folder.File).ToList();
        for (var i = 0; i < files.Count; i++) MatrixDisk.OfRandomBytes(files[i], Length, seed: i);
        using var guest = system.Boot(files.Select(file => new GuestDisk(Path.GetFileName(file), file, GuestBus.Virtio)));
        guest.Must($$"""
            {{Functions}}
            mkdir -p /etc/lvm
            echo 'devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 } backup { backup = 0 archive = 0 } global { thin_check_executable = "" use_lvmpolld = 0 } activation { monitoring = 0 udev_sync = 0 udev_rules = 0 }' > /etc/lvm/lvm.conf
            lvm vgcreate -q --physicalextentsize 1m vg /dev/vda /dev/vdb
            lvm lvcreate -q -y -L 24m -n root vg /dev/vda
            lvm lvcreate -q -y --type thin-pool -L 24m -n pool vg /dev/vda
            lvm lvcreate -q -y --thin -V 40m -n thin vg/pool
            lvm lvcreate -q -y -L 16m -n data vg /dev/vdb
            lvm lvcreate -q -y --type raid1 --mirrors 1 --nosync -L 10m -n mirrored vg /dev/vda /dev/vdb
            lvm lvcreate -q -y --type striped --stripes 2 -L 16m -n striped vg
            for name in root thin data mirrored striped; do mke2fs -F /dev/vg/$name; fill $name 1; done
            lvm lvcreate -q -y --snapshot -L 8m -n old vg/data /dev/vdb
            lvm lvcreate -q -y -kn --snapshot -n thinsnap vg/thin
            fill data 7; fill thin 7
            for name in {{Volumes}}; do sums $name 'sha256sum f*' > /sums-$name; done
            lvm vgchange -q -an vg
            """);
        for (var i = 0; i < 2; i++)
        {
            var shown = MatrixProgram.Json("disk", "show", files[i]).GetProperty("partitions")[0];
            Assert.Null(shown.GetProperty("whole_reason").GetString());
            Assert.InRange(shown.GetProperty("used_bytes").GetInt64(), 20 << 20, Length - (20 << 20));
            var nested = shown.GetProperty("nested") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(volume => volume.GetProperty("name").GetString()) : [];
            Assert.Equal(i == 0 ? ["logical volume vg/root"] : [], nested);
            MatrixProgram.Must("image", "create", files[i], folder.File($"{i}.rki"), "--verify");
            MatrixProgram.Must("image", "restore", folder.File($"{i}.rki"), files[i + 2], "--confirm", Path.GetFileName(files[i + 2]), "--verify");
        }
        guest.Must($$"""
            {{Functions}}
            blockdev --flushbufs /dev/vdc; blockdev --flushbufs /dev/vdd
            sed -i 's/use_devicesfile = 0/use_devicesfile = 0 filter = [ "a|^\/dev\/vd[cd]$|", "r|.*|" ]/' /etc/lvm/lvm.conf
            lvm vgchange -q -ay vg
            [ "$(lvm pvs --noheadings -o pv_name | wc -l)" = 2 ]
            for name in {{Volumes}}; do sums $name "sha256sum -c -s /sums-$name"; done
            lvm vgchange -q -an vg
            """);
    }
}
