using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Partitions enciphered by cryptsetup, imaged by what is used in them, restored onto a disk full of random bytes, opened there.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestLuksTests(GuestSystem system)
{
    private const long Length = 96 << 20;
    private const string Fast = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";

    private static readonly string[] s_others =
    [
        $"--type luks2 --sector-size 512 {Fast}",
        "--type luks2 --pbkdf argon2id --pbkdf-memory 65536 --pbkdf-parallel 1 --pbkdf-force-iterations 4",
        "--type luks1 --pbkdf-force-iterations 1000",
        "--type luks1 --cipher aes-cbc-essiv:sha256 --pbkdf-force-iterations 1000",
    ];

    public static TheoryData<string> Formats() =>
    [
        $"--type luks2 --sector-size 4096 {Fast}",
        .. TestScale.IsWide ? s_others : [],
    ];

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_is_used_inside_is_imaged_and_stays_enciphered(string format)
    {
        using var folder = new TempFolder();
        var (original, restored) = (MatrixDisk.OfRandomBytes(folder.File("original"), Length, seed: 1), MatrixDisk.OfRandomBytes(folder.File("restored"), Length, seed: 2));
        Tool.Must(new ToolRequest("sfdisk", ["--quiet", original]) { Input = "label: gpt\nsize=8MiB\nsize=70MiB\n" });
        using var guest = system.Boot(new GuestDisk("original", original, GuestBus.Virtio), new GuestDisk("restored", restored, GuestBus.Virtio));
        guest.Must($"""
            set -e
            printf 'a secret\n' > /key
            printf 'a secret' | cryptsetup luksFormat --batch-mode {format} --key-file - /dev/vda2
            printf 'a secret' | cryptsetup open --key-file - /dev/vda2 inside
            mke2fs -F -b 4096 /dev/mapper/inside
            mount -t ext2 /dev/mapper/inside /mnt
            i=0
            while [ $i -lt 200 ]; do head -c $((i * 331 + 1)) /dev/urandom > /mnt/f$i; i=$((i + 1)); done
            rm /mnt/f?3
            cd /mnt; sha256sum f* > /sums; cd /; umount /mnt; cryptsetup close inside
            """);
        guest.Must("printf 'another' > /wrong; rescuekit image create /dev/vda /tmp/x.rki --unlock 2:/wrong", exitCode: 3);
        var plan = guest.Json("rescuekit image create /dev/vda /tmp/x.rki --unlock 2:/key --dry-run --json");
        var item = plan.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("number").ValueKind == JsonValueKind.Number && item.GetProperty("number").GetInt32() == 2);
        Assert.Equal("used blocks", item.GetProperty("how").GetString());
        Assert.InRange(item.GetProperty("bytes").GetInt64(), 4 << 20, 40 << 20);
        guest.Must("""
            set -e
            rescuekit image create /dev/vda /tmp/x.rki --unlock 2:/key --verify
            dmsetup ls | grep -q 'No devices'; ! losetup --all | grep .
            id=$(rescuekit disk show /dev/vdb --json | sed -n 's/.*"confirm_id": *"\([^"]*\)".*/\1/p')
            rescuekit image restore /tmp/x.rki /dev/vdb --confirm "$id" --verify
            blockdev --flushbufs /dev/vdb; blockdev --rereadpt /dev/vdb || true
            printf 'a secret' | cryptsetup open --readonly --key-file - /dev/vdb2 inside
            mount -t ext2 -o ro /dev/mapper/inside /mnt; cd /mnt; sha256sum -c -s /sums; cd /; umount /mnt; cryptsetup close inside
            """);
    }

    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_program_that_dies_leaves_nothing_open()
    {
        using var folder = new TempFolder();
        var original = MatrixDisk.OfRandomBytes(folder.File("original"), Length, seed: 1);
        using var guest = system.Boot(new GuestDisk("original", original, GuestBus.Virtio));
        guest.Must($"""
            set -e
            printf 'a secret' > /key
            cryptsetup luksFormat --batch-mode --type luks2 {Fast} --key-file /key /dev/vda
            cryptsetup open --key-file /key /dev/vda inside
            mke2fs -F -b 4096 /dev/mapper/inside; head -c 40000000 /dev/urandom > /big; mount -t ext2 /dev/mapper/inside /mnt; cp /big /mnt; umount /mnt; rm /big
            cryptsetup close inside
            rescuekit image create /dev/vda /tmp/x.rki --unlock 0:/key --rate-limit 1M & pid=$!
            until dmsetup ls | grep -q rescuekit-unlocked && [ -s /tmp/x.rki ]; do kill -0 $pid; sleep 0.2; done
            kill -9 $pid; wait $pid || true
            until dmsetup ls | grep -q 'No devices'; do sleep 0.2; done
            ! losetup --all | grep .
            """);
    }
}
