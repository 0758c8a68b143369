using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// Volumes of every kind that snapshots are taken of, each with a file system: partitions on idle linear mappings (ext4, XFS, btrfs), a logical volume,
/// and one in a thin pool; and a small blank disk for what is overwritten.
/// </summary>
public sealed class GuestSnapshotMachine : GuestMachine
{
    private const int GroupMebibytes = 460;

    public GuestSnapshotMachine(GuestSystem system) : base(system)
    {
        var parts = SparseFile.Create(Folder.File("parts"), 530L * GuestDisks.MiB);
        Tool.Must("sgdisk", "--new=1:1M:+80M", "--new=2:0:+320M", "--new=3:0:+120M", parts);
        Add(new GuestDisk("parts", parts, GuestBus.Virtio) { Serial = "PARTS001" });
        Place("ext4", 1, 80, "mke2fs", "-q", "-t", "ext4", "-b", "4096");
        Place("xfs", 81, 320, "mkfs.xfs", "-q");
        Place("btrfs", 401, 120, "mkfs.btrfs", "-q");
        Add(new GuestDisk("group", SparseFile.Create(Folder.File("group"), GroupMebibytes * (long)GuestDisks.MiB), GuestBus.Virtio) { Serial = "GROUP002" });
        Add(new GuestDisk("spare", SparseFile.Create(Folder.File("spare"), 24L * GuestDisks.MiB), GuestBus.Virtio) { Serial = "SPARE003" });

        void Place(string name, int start, int length, string program, params string[] options)
        {
            var volume = SparseFile.Create(Folder.File(name), length * (long)GuestDisks.MiB);
            Tool.Must(program, [.. options, volume]);
            Tool.Must("dd", "if=" + volume, "of=" + parts, "bs=1M", $"seek={start}", "conv=notrunc,sparse", "status=none");
        }
    }

    private protected override void Prepare(Guest guest) => guest.Must($$"""
        set -e
        mkdir -p /etc/lvm /small /before
        cat >/etc/lvm/lvm.conf <<'END'
        global { thin_check_executable = "" }
        activation { monitoring = 0 udev_sync = 0 udev_rules = 0 }
        backup { backup = 0 archive = 0 }
        devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 }
        END
        disk={{guest.Path(Disk("parts"))}}
        p=0
        for type in ext4 xfs btrfs; do
            p=$((p + 1))
            echo "0 $(blockdev --getsz ${disk}$p) linear ${disk}$p 0" | dmsetup create $type
        done
        lvm vgcreate -q vg0 {{guest.Path(Disk("group"))}}
        lvm lvcreate -q -L 140m -n thick vg0
        lvm lvcreate -q --type thin-pool -L 160m -n pool vg0
        lvm lvcreate -q --thin -V 64m -n thin vg0/pool
        for volume in thick thin; do mke2fs -q /dev/vg0/$volume; done
        for volume in ext4 xfs btrfs; do mkdir /$volume; mount -t $volume /dev/mapper/$volume /$volume; done
        for volume in thick thin; do mkdir /$volume; mount -t ext4 /dev/vg0/$volume /$volume; done
        for volume in ext4 xfs btrfs thick thin; do
            echo first >/$volume/state
            dd if=/dev/urandom of=/$volume/old bs=1M count=6
        done
        sync
        dmsetup ls | sort >/tmp/mappings
        dmsetup table | sort >/tmp/tables
        mount -t tmpfs -o size=100M none /small
        """);
}
