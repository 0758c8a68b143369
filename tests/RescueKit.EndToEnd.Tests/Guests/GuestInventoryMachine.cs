using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>A machine with disks of every kind, one of them held in every way. One boot for all tests of the class.</summary>
public sealed class GuestInventoryMachine : IDisposable
{
    private const long Length = 64 << 20;

    /// <summary>One holder for each partition: a mount, swap, device mapper, LVM, md.</summary>
    private const string TakeHold = """
        set -e
        for disk in /sys/block/*; do
            if [ "$(tail -c +5 $disk/device/vpd_pg80 2>/dev/null)" = HELD0008 ]; then held=/dev/${disk##*/}; fi
        done
        mke2fs -q ${held}1
        mount -t ext4 ${held}1 /mnt
        mkswap ${held}2
        swapon ${held}2
        echo "0 8192 linear ${held}3 0" | dmsetup create plain
        lvm pvcreate --yes ${held}4
        lvm vgcreate vg0 ${held}4
        lvm lvcreate --yes --zero n --wipesignatures n --extents 1 --name data vg0
        mdadm --create /dev/md0 --level=1 --raid-devices=2 --metadata=1.2 --run --force ${held}5 missing
        """;

    private readonly TempFolder _folder = new();
    private readonly Lazy<Guest> _guest;
    private readonly Lazy<JsonElement> _disks;

    public GuestInventoryMachine(GuestSystem system)
    {
        _guest = new Lazy<Guest>(() =>
        {
            var guest = system.Boot(Disks());
            guest.Must(TakeHold);
            return guest;
        });
        _disks = new Lazy<JsonElement>(() => Guest.Json("rescuekit disk list --json").GetProperty("disks"));
    }

    internal Guest Guest => _guest.Value;

    /// <summary>As `disk list --json` shows the one disk that something is true for.</summary>
    internal JsonElement Disk(Func<JsonElement, bool> wanted) => _disks.Value.EnumerateArray().Single(wanted);

    internal JsonElement Disk(string serial) => Disk(disk => disk.GetProperty("serial").GetString() == serial);

    internal IReadOnlyList<JsonElement> Disks(string serial) => [.. _disks.Value.EnumerateArray().Where(disk => disk.GetProperty("serial").GetString() == serial)];

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        _folder.Dispose();
    }

    private GuestDisk[] Disks() =>
    [
        new("plain512", Blank("plain512"), GuestBus.Virtio) { Serial = "VIRT-0001-AAAA" },
        new("native4k", Blank("native4k"), GuestBus.Virtio) { Serial = "VIRT4K0002", SectorSize = 4096 },
        new("locked", Blank("locked"), GuestBus.Virtio) { Serial = "LOCKED0003", ReadOnly = true },
        new("spin", Blank("spin"), GuestBus.Scsi) { Serial = "SCSI0004XYZ", Model = "SPIN 9000", Wwn = 0x5000c500a1b2c3d4, PhysicalSectorSize = 4096 },
        new("nameless", Blank("nameless"), GuestBus.Scsi) { Wwn = 0x5000c500a1b2c3e5 },
        new("anonymous", Blank("anonymous"), GuestBus.Scsi),
        new("held", Partitioned("held"), GuestBus.Scsi) { Serial = "HELD0008" },
        new("sata", Blank("sata"), GuestBus.Sata) { Serial = "SATA-0005", Model = "Plain SATA", Wwn = 0x5000c500a1b2c3f6, Port = 1 },
        new("nvme", Blank("nvme"), GuestBus.Nvme) { Serial = "NVME0006" },
        new("stick", Blank("stick"), GuestBus.Usb) { Serial = "USB0007" },
        new("twin1", Blank("twin1"), GuestBus.Usb) { Serial = "DD5641988396A" },
        new("twin2", Blank("twin2"), GuestBus.Usb) { Serial = "DD5641988396A" },
    ];

    private string Blank(string name) => SparseFile.Create(_folder.File(name), Length);

    private string Partitioned(string name)
    {
        var path = Blank(name);
        Tool.Must("sgdisk", "-n", "1:0:+8M", "-n", "2:0:+8M", "-n", "3:0:+8M", "-n", "4:0:+16M", "-n", "5:0:+16M", path);
        return path;
    }
}
