using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Members of mirrors by mdadm: each imaged on its own, restored onto disks full of random bytes, assembled there.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestMdTests(GuestSystem system)
{
    private const long Length = 64 << 20;

    [Theory]
    [Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("0.90")]
    [InlineData("1.0")]
    [InlineData("1.1")]
    [InlineData("1.2")]
    public void A_mirror_is_imaged_by_what_its_file_system_uses(string metadata)
    {
        using var folder = new TempFolder();
        var files = new[] { "first", "second", "third", "fourth" }.Select(name => folder.File(name)).ToList();
        for (var i = 0; i < files.Count; i++) MatrixDisk.OfRandomBytes(files[i], Length, seed: i);
        using var guest = system.Boot(files.Select(file => new GuestDisk(Path.GetFileName(file), file, GuestBus.Virtio)));
        guest.Must($"""
            set -e
            mdadm --create /dev/md0 --run --level 1 --raid-devices 2 --metadata {metadata} --assume-clean /dev/vda /dev/vdb
            mke2fs -F /dev/md0
            """);
        guest.Must("""
            set -e
            mount /dev/md0 /mnt
            i=0
            while [ $i -lt 200 ]; do head -c $((i * 331 + 1)) /dev/urandom > /mnt/f$i; i=$((i + 1)); done
            rm /mnt/f?3
            cd /mnt; sha256sum f* > /sums; cd /; umount /mnt
            mdadm --stop /dev/md0
            """);
        for (var i = 0; i < 2; i++)
        {
            var shown = MatrixProgram.Json("disk", "show", files[i]).GetProperty("partitions")[0];
            Assert.Equal("md RAID member", shown.GetProperty("file_system").GetString());
            Assert.Null(shown.GetProperty("whole_reason").GetString());
            Assert.InRange(shown.GetProperty("used_bytes").GetInt64(), 1 << 20, Length / 2);
            Assert.Equal("ext2", shown.GetProperty("nested")[0].GetProperty("partitions")[0].GetProperty("file_system").GetString());
            MatrixProgram.Must("image", "create", files[i], folder.File($"{i}.rki"), "--verify");
            MatrixProgram.Must("image", "restore", folder.File($"{i}.rki"), files[i + 2], "--confirm", Path.GetFileName(files[i + 2]), "--verify");
        }
        guest.Must("""
            set -e
            blockdev --flushbufs /dev/vdc; blockdev --flushbufs /dev/vdd
            mdadm --assemble /dev/md1 --run /dev/vdc /dev/vdd
            grep -A 1 md1 /proc/mdstat | grep -q UU
            mount -o ro /dev/md1 /mnt; cd /mnt; sha256sum -c -s /sums; cd /; umount /mnt; mdadm --stop /dev/md1
            """);
    }
}
