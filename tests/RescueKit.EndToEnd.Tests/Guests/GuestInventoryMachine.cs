using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Disks of every kind, one of them held in every way.</summary>
public sealed class GuestInventoryMachine : GuestMachine
{
    private const long Length = 64 << 20;

    /// <summary>One holder for each partition: a mount, swap, device mapper, LVM, md.</summary>
    private const string TakeHold = """
        set -e
        held=$(disk-by-serial HELD0008)
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

    private readonly Lazy<JsonElement> _shown;

    public GuestInventoryMachine(GuestSystem system) : base(system)
    {
        _shown = new Lazy<JsonElement>(() => Guest.Json("rescuekit disk list --json").GetProperty("disks"));
        Add(new GuestDisk("plain512", Blank("plain512"), GuestBus.Virtio) { Serial = "VIRT-0001-AAAA" });
        Add(new GuestDisk("native4k", Blank("native4k"), GuestBus.Virtio) { Serial = "VIRT4K0002", SectorSize = 4096 });
        Add(new GuestDisk("locked", Blank("locked"), GuestBus.Virtio) { Serial = "LOCKED0003", ReadOnly = true });
        Add(new GuestDisk("spin", Blank("spin"), GuestBus.Scsi) { Serial = "SCSI0004XYZ", Model = "SPIN 9000", Wwn = 0x5000c500a1b2c3d4, PhysicalSectorSize = 4096 });
        Add(new GuestDisk("nameless", Blank("nameless"), GuestBus.Scsi) { Wwn = 0x5000c500a1b2c3e5 });
        Add(new GuestDisk("anonymous", Blank("anonymous"), GuestBus.Scsi));
        Add(new GuestDisk("held", Partitioned("held"), GuestBus.Scsi) { Serial = "HELD0008" });
        Add(new GuestDisk("sata", Blank("sata"), GuestBus.Sata) { Serial = "SATA-0005", Model = "Plain SATA", Wwn = 0x5000c500a1b2c3f6, Port = 1 });
        Add(new GuestDisk("nvme", Blank("nvme"), GuestBus.Nvme) { Serial = "NVME0006" });
        Add(new GuestDisk("stick", Blank("stick"), GuestBus.Usb) { Serial = "USB0007" });
        Add(new GuestDisk("twin1", Blank("twin1"), GuestBus.Usb) { Serial = "DD5641988396A" });
        Add(new GuestDisk("twin2", Blank("twin2"), GuestBus.Usb) { Serial = "DD5641988396A" });
    }

    /// <summary>As `disk list --json` shows the disks that something is true for.</summary>
    internal IReadOnlyList<JsonElement> Shown(Func<JsonElement, bool> wanted) => [.. _shown.Value.EnumerateArray().Where(wanted)];

    internal IReadOnlyList<JsonElement> Shown(string serial) => Shown(disk => disk.GetProperty("serial").GetString() == serial);

    private protected override void Prepare(Guest guest) => guest.Must(TakeHold);

    private string Blank(string name) => SparseFile.Create(Folder.File(name), Length);

    private string Partitioned(string name)
    {
        var path = Blank(name);
        Tool.Must("sgdisk", "-n", "1:0:+8M", "-n", "2:0:+8M", "-n", "3:0:+8M", "-n", "4:0:+16M", "-n", "5:0:+16M", path);
        return path;
    }
}
