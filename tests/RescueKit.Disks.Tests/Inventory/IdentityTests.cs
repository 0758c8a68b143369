using System.Text;
using RescueKit.Disks.Inventory;

namespace RescueKit.Disks.Tests.Inventory;

/// <summary>Who a disk is, and what is typed to agree to its loss, on made-up machines with the kernel's own file layout.</summary>
public sealed class IdentityTests : IDisposable
{
    private const string Ata3 = "pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0";
    private const string UsbBay = "pci0000:00/0000:00:14.0/usb1/1-1/1-1.2";
    private readonly MadeUpMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Sata_disk_by_its_vital_product_data()
    {
        // Designators: a T10 name (ASCII), then NAA, then one of the port (not of the unit).
        byte[] names =
        [
            2, 1, 0, 4, (byte)'A', (byte)'T', (byte)'A', (byte)' ',
            1, 3, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0xa1, 0xb2, 0xc3, 0xd4,
            1, 0x13, 0, 8, 0x51, 0, 0, 0, 0, 0, 0, 0,
        ];
        _machine.Disk("sda", Ata3, 4_000_787_030_016, ("device/vendor", "ATA     \n"), ("device/model", "ST4000VN008-2DR1\n"),
                ("queue/logical_block_size", "512\n"), ("queue/physical_block_size", "4096\n"), ("queue/rotational", "1\n"), ("removable", "0\n"))
            .File(_machine.FolderOf("sda") + "/device/vpd_pg80", MadeUpMachine.Page(0x80, Encoding.ASCII.GetBytes("            ZDH1ABCD")))
            .File(_machine.FolderOf("sda") + "/device/vpd_pg83", MadeUpMachine.Page(0x83, names));
        var disk = Assert.Single(_machine.Look().List());
        Assert.Equal(("/dev/sda", 4_000_787_030_016L, "ABCD"), (disk.Path, disk.Length, disk.ConfirmId));
        Assert.Equal((512, 4096, true, false), (disk.Geometry.LogicalSectorSize, disk.Geometry.PhysicalSectorSize, disk.Rotational, disk.Removable));
        Assert.Equal(new("disk", "ST4000VN008-2DR1", "ZDH1ABCD", "0x5000c500a1b2c3d4", "sata", "ata3"), disk.Geometry.Identity);
        Assert.Empty(disk.Uses);
    }

    [Fact]
    public void Nvme_namespaces_share_a_serial_and_are_told_apart_by_wwn()
    {
        const string Controller = "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0";
        _machine.Disk("nvme0n1", Controller, 512L << 30, ("device/model", "Samsung SSD 980"), ("device/serial", "S64DNF0R123456"), ("wwid", "eui.002538d511001111\n"));
        _machine.Disk("nvme0n2", Controller + "/ns2", 512L << 30, ("device/model", "Samsung SSD 980"), ("device/serial", "S64DNF0R123456"), ("wwid", "eui.002538d511002222\n"));
        var disks = _machine.Look().List();
        Assert.Equal(["1111", "2222"], disks.Select(disk => disk.ConfirmId));
        Assert.Equal("0x002538d511002222", disks[1].Geometry.Identity.Wwn);
        Assert.Equal(["0000:03:00.0", "0000:03:00.0n2"], disks.Select(disk => disk.Geometry.Identity.Port));
        Assert.All(disks, disk => Assert.Equal("nvme", disk.Geometry.Identity.Bus));
    }

    [Fact]
    public void Bays_of_one_usb_bridge_fall_back_to_size_and_port()
    {
        foreach (var (name, unit) in (ReadOnlySpan<(string, int)>)[("sdb", 0), ("sdc", 1)])
            _machine.Disk(name, $"{UsbBay}/1-1.2:1.0/host6/target6:0:0/6:0:0:{unit}", 2_000_398_934_016, ("device/vendor", "JMicron"), ("device/model", "Dock"), ("removable", "1"));
        _machine.File($"/sys/devices/{UsbBay}/idVendor", "152d\n").File($"/sys/devices/{UsbBay}/serial", "DD5641988396B\n");
        var disks = _machine.Look().List();
        Assert.All(disks, disk => Assert.Equal(("usb", "DD5641988396B", "JMicron Dock"), (disk.Geometry.Identity.Bus, disk.Geometry.Identity.Serial, disk.Geometry.Identity.Model)));
        Assert.Equal(["2000GB-1-1.2", "2000GB-1-1.2:0:0:1"], disks.Select(disk => disk.ConfirmId));
        Assert.All(disks, disk => Assert.True(disk.Removable));
    }

    [Fact]
    public void A_scsi_disk_is_one_whatever_carries_it()
    {
        _machine.Disk("sda", "pci0000:00/0000:00:03.0/virtio1/host0/target0:0:2/0:0:2:0", 1 << 30, ("device/model", "QEMU HARDDISK"));
        var identity = Assert.Single(_machine.Look().List()).Geometry.Identity;
        Assert.Equal(("scsi", "0000:00:03.0:0:2:0"), (identity.Bus, identity.Port));
    }

    [Fact]
    public void A_suffix_grows_until_no_other_disk_ends_with_it()
    {
        _machine.Disk("vda", "pci0000:00/0000:00:02.0/virtio1", 1 << 30, ("serial", "AAAA-1234567"));
        _machine.Disk("vdb", "pci0000:00/0000:00:03.0/virtio2", 1 << 30, ("serial", "BBBB-9934567"));
        _machine.Disk("vdc", "pci0000:00/0000:00:04.0/virtio3", 1 << 30, ("serial", "00000000"));
        Assert.Equal(["234567", "934567", "1GB-0000:00:04.0"], _machine.Look().List().Select(disk => disk.ConfirmId));
    }

    [Fact]
    public void A_card_a_mapped_volume_a_raid_and_a_loop_have_names_of_their_own()
    {
        _machine.Disk("mmcblk0", "platform/soc/mmc0_host/mmc_host/mmc0/mmc0:aaaa", 1 << 30, ("device/name", "SD32G"), ("device/serial", "0x1a2b3c4d"));
        _machine.Disk("dm-0", "", 1 << 30, ("dm/name", "vg-root"), ("dm/uuid", "LVM-abc"));
        _machine.Disk("md127", "", 1 << 30);
        _machine.Disk("loop3", "", 1 << 20, ("loop/backing_file", "/data/disk.img"));
        _machine.Disk("loop4", "", 0);
        _machine.Disk("sr0", "pci0000:00/0000:00:1f.2/ata5/host4/target4:0:0/4:0:0:0", 1 << 30);
        _machine.Disk("zram0", "", 1 << 30);
        var disks = _machine.Look().List();
        Assert.Equal(["/dev/dm-0", "/dev/loop3", "/dev/md127", "/dev/mmcblk0"], disks.Select(disk => disk.Path));
        Assert.Equal(["device-mapper", "loop", "md", "disk"], disks.Select(disk => disk.Geometry.Identity.Kind));
        Assert.Equal(["vg-root", "loop3", "md127", "3c4d"], disks.Select(disk => disk.ConfirmId));
        Assert.Equal("mmc0", disks[3].Geometry.Identity.Port);
    }

    [Fact]
    public void Udev_fills_what_sysfs_does_not_say()
    {
        _machine.Disk("sda", Ata3, 1 << 30);
        _machine.File("/run/udev/data/b8:0", "S:disk/by-id/x\nE:ID_MODEL=WDC_WD10\nE:ID_SERIAL_SHORT=WD-WCC4J0000001\nE:ID_WWN=0x50014ee2b0000001\n");
        var identity = Assert.Single(_machine.Look().List()).Geometry.Identity;
        Assert.Equal(("WDC WD10", "WD-WCC4J0000001", "0x50014ee2b0000001"), (identity.Model, identity.Serial, identity.Wwn));
    }

    [Fact]
    public void A_disk_that_came_back_is_found_by_serial_and_length()
    {
        _machine.Disk("sdd", Ata3, 8 << 20, ("serial", "AB12CD34")).Partition("sdd", "sdd1", 1, 4 << 20);
        _machine.Disk("sde", Ata3.Replace("ata3", "ata4", StringComparison.Ordinal), 9 << 20, ("serial", "AB12CD34"));
        var machine = _machine.Look();
        Assert.Equal("/dev/sdd", machine.Find(Gone(8 << 20)));
        Assert.Equal("/dev/sdd1", machine.Find(Gone(4 << 20, partition: 1)));
        Assert.Null(machine.Find(Gone(4 << 20, partition: 2)));
        Assert.Null(machine.Find(Gone(7 << 20)));
        Assert.Null(machine.Find(Gone(8 << 20, serial: null)));
    }

    [Fact]
    public void A_disk_that_was_there_all_along_is_not_taken_for_its_twin_that_vanished()
    {
        _machine.Disk("sdb", UsbBay, 8 << 20, ("serial", "AB12CD34"), ("diskseq", "11")).Disk("sdc", UsbBay.Replace("1-1.2", "1-1.3", StringComparison.Ordinal), 8 << 20, ("serial", "AB12CD34"), ("diskseq", "12"));
        var before = _machine.Look();
        var origin = before.OriginOf(before.ByPath("/dev/sdb")!);
        Assert.Equal("sdc 12", Assert.Single(origin.Others));

        using var without = new MadeUpMachine();
        without.Disk("sdc", UsbBay, 8 << 20, ("serial", "AB12CD34"), ("diskseq", "12"));
        Assert.Null(without.Look().Find(origin));
        without.Disk("sde", Ata3, 8 << 20, ("serial", "AB12CD34"), ("diskseq", "13"));
        Assert.Equal("/dev/sde", without.Look().Find(origin));

        // The twin's name, used again.
        using var renamed = new MadeUpMachine();
        renamed.Disk("sdc", UsbBay, 8 << 20, ("serial", "AB12CD34"), ("diskseq", "14"));
        Assert.Equal("/dev/sdc", renamed.Look().Find(origin));
    }

    private static DiskOrigin Gone(long length, int partition = 0, string? serial = "AB12CD34") =>
        new(new(partition == 0 ? "disk" : "partition", Serial: serial), length, partition, new HashSet<string>());

    [Fact]
    public void Product_data_of_any_bytes_does_no_harm()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var page = new byte[random.Next(40)];
            random.NextBytes(page);
            if (page.Length > 3) (page[1], page[2]) = ((byte)(random.Next(2) == 0 ? 0x80 : 0x83), 0);
            VpdPages.Serial(page);
            VpdPages.Wwn(page);
        }
    }
}
