using System.Text.RegularExpressions;
using RescueKit.EndToEnd.Tests.Guests.Stamps;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// A disk whose partitions lie on idle linear mappings: FAT on the first; ext4 with a file that is itself a mounted file system on the second; on the third two
/// more mappings one above the other, and ext4 on them.
/// </summary>
public sealed class GuestLayerMachine : GuestMachine
{
    internal const int VolumeMebibytes = 48;

    public GuestLayerMachine(GuestSystem system) : base(system)
    {
        var disk = SparseFile.Create(Folder.File("layers"), (3 * VolumeMebibytes + 2) * (long)GuestDisks.MiB);
        Tool.Must("sgdisk", "--new=1:1M:+48M", "--new=2:0:+48M", "--new=3:0:+48M", disk);
        Add(new GuestDisk("layers", disk, GuestBus.Virtio) { Serial = "LAYERS01" });
        var vault = SparseFile.Create(Folder.File("vault"), 256L * GuestDisks.MiB);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^has_journal", vault);
        Add(new GuestDisk("vault", vault, GuestBus.Virtio) { Serial = "VAULT002" });
        using var volume = new TempFolder();
        var fat = SparseFile.Create(volume.File("fat"), VolumeMebibytes * (long)GuestDisks.MiB);
        Tool.Must("mkfs.fat", "-F", "32", fat);
        Tool.Must("dd", "if=" + fat, "of=" + disk, "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none");
        for (var number = 1; number < 3; number++)
            Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-E", $"offset={Start(number)}", disk, $"{VolumeMebibytes}M");
    }

    /// <summary>One partition of a disk in a file, as a file of its own.</summary>
    internal string Part(string disk, int index)
    {
        var path = Folder.File("part" + index);
        Tool.Must("dd", "if=" + disk, "of=" + path, "bs=1M", $"skip={Start(index) / GuestDisks.MiB}", $"count={VolumeMebibytes}", "status=none");
        return path;
    }

    internal string Scratch(string name) => Folder.File("scratch-" + name);

    private protected override void Prepare(Guest guest) => guest.Must($$"""
        set -e
        disk={{guest.Path(Disk("layers"))}}
        over() { echo "0 $(blockdev --getsz $2) linear $2 0" | dmsetup create $1; }
        for p in 1 2 3; do over live$p ${disk}$p; mkdir -p /live$p; done
        over middle3 /dev/mapper/live3
        over upper3 /dev/mapper/middle3
        mount -t vfat /dev/mapper/live1 /live1
        mount -t ext4 /dev/mapper/live2 /live2
        mount -t ext4 /dev/mapper/upper3 /live3
        dd if=/dev/zero of=/live2/inner bs=1M count=16
        mke2fs -q -F /live2/inner
        mkdir /inner /vault
        losetup /dev/loop7 /live2/inner
        mount -t ext4 /dev/loop7 /inner
        mount -t ext4 {{guest.Path(Disk("vault"))}} /vault
        """);

    private static long Start(int index) => (1 + index * VolumeMebibytes) * (long)GuestDisks.MiB;
}

/// <summary>What is not simply a file system on a partition, frozen while it is written.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestHotLayerTests(GuestLayerMachine machine) : IClassFixture<GuestLayerMachine>
{
    private Guest Guest => machine.Guest;

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Fat_and_file_systems_above_others_are_without_fault_on_every_level()
    {
        Guest.Must($$"""
            rm -f /tmp/stop
            work() { # FOLDER: files come, grow, are renamed and go
                i=0
                while [ ! -e /tmp/stop ]; do
                    i=$((i + 1))
                    mkdir -p $1/folder$((i % 3))
                    dd if=/dev/urandom of=$1/folder$((i % 3))/new bs=1k count=$((i * 37 % 700 + 1)) 2>/dev/null || return 1
                    mv $1/folder$((i % 3))/new "$1/folder$((i % 3))/A longer name $((i % 7))" || return 1
                    [ $((i % 5)) != 0 ] || rm -r $1/folder$((i % 2)) 2>/dev/null
                    [ $((i % 4)) != 0 ] || sync $1
                    touch /tmp/working${1##*/}
                done
            }
            for f in live1 live2 live3 inner; do work /$f & done
            for f in live1 live2 live3 inner; do until [ -e /tmp/working$f ]; do sleep 0.1; done; done
            rescuekit image create --hot {{machine.Path("layers")}} /vault/layers.rki --quiet-timeout 0 --quiet; code=$?
            touch /tmp/stop
            wait
            sync
            [ $code = 0 ] || exit $code
            [ "$(dmsetup ls | sort | cut -f1 | tr '\n' ' ')" = "live1 live2 live3 middle3 upper3 " ] || exit 9
            ! dmsetup table | grep -v linear
            """);
        var info = Guest.Json("rescuekit image info /vault/layers.rki --json");
        Assert.Equal(["file-system", "file-system", "file-system"], info.GetProperty("partitions").EnumerateArray().Select(volume => volume.GetProperty("consistency").GetString()));
        var (image, disk, inner) = (machine.Scratch("layers.rki"), machine.Scratch("disk"), machine.Scratch("inner"));
        StampVolume.Dump(machine.File("vault"), "/layers.rki", image);
        MatrixProgram.Must("image", "restore", image, disk, "--verify", "--quiet");
        AssertCleanFat(machine.Part(disk, 0));
        Tool.Must("e2fsck", "-fn", machine.Part(disk, 1));
        Tool.Must("e2fsck", "-fn", machine.Part(disk, 2));
        StampVolume.Dump(machine.Part(disk, 1), "/inner", inner);
        Tool.Must("e2fsck", "-fn", inner);
    }

    /// <summary>It was mounted, which its dirty bit says, in the boot sector and not in its copy; nothing else may be said of it.</summary>
    private static void AssertCleanFat(string volume)
    {
        string[] allowed =
        [
            @"fsck\.fat [\d.]+ .*", @"There are differences between boot sector and its backup\.", @"This is mostly harmless\. Differences: .*", @" +65:01/00", @" +Not automatically fixing this\.",
            @"Dirty bit is set\..*", @" Automatically removing dirty bit\.", "", @"Leaving filesystem unchanged\.", @".*: \d+ files, \d+/\d+ clusters",
        ];
        var said = Tool.Run("fsck.fat", "-n", volume);
        var others = said.Output.Split('\n').Where(line => !Array.Exists(allowed, one => Regex.IsMatch(line, $"^{one}$")));
        Assert.True(!others.Any(), said.Everything);
        Assert.Contains(" files, ", said.Output, StringComparison.Ordinal);
    }
}
