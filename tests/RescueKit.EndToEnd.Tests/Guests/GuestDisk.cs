using System.Text.Json.Nodes;

namespace RescueKit.EndToEnd.Tests.Guests;

internal enum GuestBus { Virtio, Scsi, Sata, Nvme, Usb }

/// <summary>A sector (of 512 bytes) that fails with EIO inside the disk.</summary>
/// <param name="Once">Only the first request that touches it fails.</param>
internal sealed record GuestFault(long Sector, bool IsWrite = false, bool Once = false);

/// <summary>A disk of a guest, as QEMU is told of it: a chain of block nodes over a raw file, and a device that presents it.</summary>
/// <param name="Id">Letters and digits; names it in the monitor.</param>
internal sealed record GuestDisk(string Id, string File, GuestBus Bus)
{
    public string? Serial { get; init; }

    /// <summary>What the device calls itself, where the bus has a word for it (SCSI, SATA).</summary>
    public string? Model { get; init; }
    public ulong? Wwn { get; init; }

    /// <summary>Which of the controller's sockets (SATA).</summary>
    public int Port { get; init; }
    public int SectorSize { get; init; } = 512;
    public int? PhysicalSectorSize { get; init; }
    public bool ReadOnly { get; init; }

    /// <summary>There from the start; else plugged in later.</summary>
    public bool Attached { get; init; } = true;
    public IReadOnlyList<GuestFault> Faults { get; init; } = [];

    /// <summary>What limits its speed; changed at run time through the monitor.</summary>
    public string ThrottleGroup => Id + "-limit";

    private string Node => Id + "-node";

    public JsonObject Throttle => new() { ["qom-type"] = "throttle-group", ["id"] = ThrottleGroup };

    /// <summary>Arguments of qom-set that limit its speed; 0 for as fast as it goes.</summary>
    public JsonObject LimitTo(long bytesPerSecond) => new()
    {
        ["path"] = "/objects/" + ThrottleGroup,
        ["property"] = "limits",
        ["value"] = new JsonObject { ["bps-total"] = bytesPerSecond },
    };

    public JsonObject Block()
    {
        // Without QEMU's locks, which rescuekit heeds: tests look into the file from outside while the guest has it.
        var file = new JsonObject { ["driver"] = "file", ["filename"] = File, ["discard"] = "unmap", ["read-only"] = ReadOnly, ["locking"] = "off" };
        if (Faults.Count > 0) file = new JsonObject { ["driver"] = "blkdebug", ["image"] = file, ["discard"] = "unmap", ["inject-error"] = Errors() };
        var raw = new JsonObject { ["driver"] = "raw", ["file"] = file, ["discard"] = "unmap", ["read-only"] = ReadOnly };
        return new JsonObject
        {
            ["driver"] = "throttle",
            ["node-name"] = Node,
            ["throttle-group"] = ThrottleGroup,
            ["file"] = raw,
            ["discard"] = "unmap",
            ["read-only"] = ReadOnly,
        };
    }

    public JsonObject Device()
    {
        var device = new JsonObject { ["id"] = Id, ["drive"] = Node, ["logical_block_size"] = SectorSize, ["physical_block_size"] = PhysicalSectorSize ?? SectorSize };
        if (Serial is not null) device["serial"] = Serial;
        if (Wwn is not null) device["wwn"] = Wwn;
        (device["driver"], var bus) = Bus switch
        {
            GuestBus.Virtio => ("virtio-blk-pci", null),
            GuestBus.Nvme => ("nvme", null),
            GuestBus.Scsi => ("scsi-hd", "scsi-bus.0"),
            GuestBus.Sata => ("ide-hd", $"sata-bus.{Port}"),
            _ => ("usb-storage", "usb-bus.0"),
        };
        if (bus is not null) device["bus"] = bus;
        if (Model is not null) device[Bus == GuestBus.Scsi ? "product" : "model"] = Model;
        return device;
    }

    private JsonArray Errors() => new([.. Faults.Select(fault => new JsonObject
    {
        ["event"] = "none",
        ["iotype"] = fault.IsWrite ? "write" : "read",
        ["errno"] = 5,
        ["sector"] = fault.Sector,
        ["once"] = fault.Once,
    })]);
}
