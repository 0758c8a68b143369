using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>XFS of version 4, which many kernels do not mount any more: filled and aged by one that does.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestXfsTests(GuestSystem system)
{
    private const int MiB = 1 << 20;

    /// <summary>Many small files in several folders, of which every third goes, some grow and some shrink: free space and inodes in many pieces.</summary>
    private const string FillAndAge = """
        set -e
        mount -t xfs $1 /mnt
        i=0
        while [ $i -lt 1500 ]; do
            mkdir -p /mnt/d$((i % 11))
            head -c $((i * 7919 % 9001 + 1)) /dev/urandom > /mnt/d$((i % 11))/f$i
            i=$((i + 1))
        done
        sync
        i=0
        while [ $i -lt 1500 ]; do
            rm /mnt/d$((i % 11))/f$i
            if [ $((i % 5)) = 0 ]; then head -c 20000 /dev/urandom >> /mnt/d$(((i + 1) % 11))/f$((i + 1)); fi
            if [ $((i % 7)) = 0 ]; then truncate -s 700 /mnt/d$(((i + 2) % 11))/f$((i + 2)); fi
            i=$((i + 3))
        done
        umount /mnt
        """;

    [Theory]
    [Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("-b", "size=512", "-i", "size=256", "-d", "agcount=3")]
    [InlineData("-b", "size=1024", "-l", "version=1", "-d", "agcount=4")]
    [InlineData("-b", "size=4096", "-l", "lazy-count=0", "-s", "size=4096", "-i", "attr=1")]
    public void Version_4_is_imaged_and_restored(params string[] options)
    {
        using var folder = new TempFolder();
        var original = SparseFile.Create(folder.File("original"), 96L * MiB);
        Tool.Must(new ToolRequest("mkfs.xfs", ["-q", "-m", "crc=0,finobt=0", .. options, original]) { Environment = XfsImages.AllowSmall });
        var restored = MatrixDisk.OfRandomBytes(folder.File("restored"), 96L * MiB, seed: 5);
        using var guest = system.Boot(new GuestDisk("original", original, GuestBus.Virtio), new GuestDisk("restored", restored, GuestBus.Virtio));
        guest.Must($"set -- /dev/vda\n{FillAndAge}");
        guest.Must("set -e; mount -t xfs -o ro /dev/vda /mnt; cd /mnt; find . -type f | sort | xargs sha256sum > /sums; cd /; umount /mnt; test $(wc -l < /sums) -gt 900");

        Assert.Null(XfsImages.Complaint(original));
        var used = MatrixProgram.Json("disk", "show", original).GetProperty("partitions")[0].GetProperty("used_bytes").GetInt64();
        Assert.Equal(new FileInfo(original).Length - XfsImages.Free(original)!.TotalLength, used);
        MatrixProgram.Must("image", "create", original, folder.File("image.rki"), "--verify");
        MatrixProgram.Must("image", "restore", folder.File("image.rki"), restored, "--confirm", "restored", "--verify");

        Assert.Null(XfsImages.Complaint(restored));
        guest.Must("set -e; blockdev --flushbufs /dev/vdb; mount -t xfs -o ro /dev/vdb /mnt; cd /mnt; sha256sum -c -s /sums; cd /; umount /mnt");
    }
}
