using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>What `disk list` and `disk show` tell of real disks behind real drivers, and that a held one is refused.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestInventoryTests(GuestInventoryMachine machine) : IClassFixture<GuestInventoryMachine>
{
    [Theory]
    [InlineData("VIRT-0001-AAAA", "virtio", null, null, "AAAA", 512, 512)]
    [InlineData("VIRT4K0002", "virtio", null, null, "0002", 4096, 4096)]
    [InlineData("SCSI0004XYZ", "scsi", "QEMU SPIN 9000", "0x5000c500a1b2c3d4", "4XYZ", 512, 4096)]
    [InlineData("SATA-0005", "sata", "Plain SATA", "0x5000c500a1b2c3f6", "0005", 512, 512)]
    [InlineData("NVME0006", "nvme", "QEMU NVMe Ctrl", "nvme.1b36-4e564d4530303036-51454d55204e564d65204374726c-00000001", "0006", 512, 512)]
    [InlineData("USB0007", "usb", "QEMU HARDDISK", null, "0007", 512, 512)]
    public void A_disk_shows_what_its_driver_knows(string serial, string bus, string? model, string? wwn, string confirmId, int logical, int physical)
    {
        var disk = Assert.Single(machine.Shown(serial));
        Assert.Equal(("disk", bus, model, wwn), (Text(disk, "kind"), Text(disk, "bus"), Text(disk, "model"), Text(disk, "wwn")));
        Assert.Equal(confirmId, Text(disk, "confirm_id"));
        Assert.Equal((64L << 20, logical, physical), (Number(disk, "length"), Number(disk, "logical_sector_size"), Number(disk, "physical_sector_size")));
        Assert.False(disk.GetProperty("read_only").GetBoolean());
        Assert.NotNull(Text(disk, "port"));
        Assert.Null(Text(disk, "error"));
    }

    [Fact]
    public void A_write_protected_disk_says_so_and_is_no_target()
    {
        var disk = Assert.Single(machine.Shown("LOCKED0003"));
        Assert.True(disk.GetProperty("read_only").GetBoolean());
        var refused = machine.Guest.Must($"rescuekit clone {machine.Path("plain512")} {machine.Path("locked")} --confirm 0003", 4);
        Assert.Contains("is write-protected", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_serial_the_world_wide_name_is_typed() =>
        Assert.Equal("c3e5", Text(Assert.Single(machine.Shown(disk => Text(disk, "wwn") == "0x5000c500a1b2c3e5")), "confirm_id"));

    [Fact]
    public void Without_any_name_size_and_port_are_typed()
    {
        var disk = Assert.Single(machine.Shown(disk => Text(disk, "kind") == "disk" && Text(disk, "serial") is null && Text(disk, "wwn") is null));
        Assert.Equal($"67MB-{Text(disk, "port")}", Text(disk, "confirm_id"));
    }

    [Fact]
    public void Two_disks_behind_bridges_with_one_serial_are_told_apart_by_their_ports()
    {
        var twins = machine.Shown("DD5641988396A");
        Assert.Equal(2, twins.Count);
        Assert.All(twins, twin => Assert.Equal($"67MB-{Text(twin, "port")}", Text(twin, "confirm_id")));
        Assert.NotEqual(Text(twins[0], "confirm_id"), Text(twins[1], "confirm_id"));
    }

    [Fact]
    public void What_holds_a_disk_is_named()
    {
        var uses = Assert.Single(machine.Shown("HELD0008")).GetProperty("uses").EnumerateArray().Select(use => use.GetString());
        Assert.Equal(
            [
                "partition 1 mounted at /mnt", "partition 2 is swap", "partition 3 held by device mapper plain",
                "partition 4 held by LVM volume vg0-data", "partition 5 held by RAID md0",
            ],
            uses);
    }

    public static TheoryData<string, string> HeldPartitions => TestScale.IsWide
        ? new() { { "1", "mounted at /mnt" }, { "2", "is swap" }, { "3", "held by device mapper plain" }, { "4", "held by LVM volume vg0-data" }, { "5", "held by RAID md0" } }
        : new() { { "1", "mounted at /mnt" }, { "4", "held by LVM volume vg0-data" } };

    [Theory]
    [MemberData(nameof(HeldPartitions))]
    public void A_held_partition_is_no_source(string partition, string holder) => Assert.Contains(
        holder, machine.Guest.Must($"rescuekit image create {Held}{partition} /tmp/held.rki", 4).Error, StringComparison.Ordinal);

    [Fact]
    public void A_disk_with_held_partitions_is_neither_source_nor_target()
    {
        foreach (var run in (string[])[$"image create {Held} /tmp/held.rki", $"clone {machine.Path("plain512")} {Held} --confirm 0008"])
            Assert.Contains("partition 1 mounted at /mnt", machine.Guest.Must("rescuekit " + run, 4).Error, StringComparison.Ordinal);
    }

    private string Held => machine.Path("held");

    private static string? Text(JsonElement disk, string field) => disk.GetProperty(field).GetString();

    private static long Number(JsonElement disk, string field) => disk.GetProperty(field).GetInt64();
}
