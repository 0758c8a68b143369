using System.Text.RegularExpressions;
using RescueKit.Model;

namespace RescueKit.Disks.Inventory;

/// <summary>Model, serial, WWN, bus and port of a disk: from sysfs, and from udev's database where sysfs is silent.</summary>
internal sealed partial class IdentityReader(SystemRoot root, BlockTree tree)
{
    /// <summary>A partition has its disk's identity.</summary>
    public DiskIdentity Read(BlockNode node)
    {
        var disk = node.WholeDisk;
        var udev = ReadUdev(disk.Number);
        var bus = Bus(disk);
        var model = disk.IsMapped ? tree.MappedName(disk)
            : tree.ReadLine(disk, "device/model") ?? tree.ReadLine(disk, "device/name") ?? udev.GetValueOrDefault("ID_MODEL")?.Replace('_', ' ');
        return new DiskIdentity(node.Kind, Combine(Vendor(disk), model), Serial(disk, udev), Wwn(disk, udev), bus, Port(disk, bus));
    }

    private string? Serial(BlockNode disk, Dictionary<string, string> udev)
    {
        string?[] candidates =
        [
            root.ReadBytes($"{disk.Folder}/device/vpd_pg80") is { } page ? VpdPages.Serial(page) : null,
            tree.ReadLine(disk, "serial"), // virtio
            tree.ReadLine(disk, "device/serial"), // NVMe controller, MMC card
            udev.GetValueOrDefault("ID_SCSI_SERIAL"),
            udev.GetValueOrDefault("ID_SERIAL_SHORT"),
            UsbSerial(disk),
        ];
        return candidates.FirstOrDefault(IsTelling)?.Trim();
    }

    private string? Wwn(BlockNode disk, Dictionary<string, string> udev)
    {
        if (root.ReadBytes($"{disk.Folder}/device/vpd_pg83") is { } page && VpdPages.Wwn(page) is { } wwn) return wwn;
        var written = tree.ReadLine(disk, "wwid") ?? tree.ReadLine(disk, "device/wwid");
        if (written is not null && WorldWide().Match(written) is { Success: true } match) return "0x" + match.Groups[1].Value.ToLowerInvariant();
        return udev.GetValueOrDefault("ID_WWN_WITH_EXTENSION") ?? udev.GetValueOrDefault("ID_WWN")
            ?? (written?.StartsWith("nvme.", StringComparison.Ordinal) == true ? written : null);
    }

    /// <summary>Placeholders of cheap bridges ("0000000000", "            ") name nothing.</summary>
    private static bool IsTelling(string? serial) => serial is not null && serial.Where(char.IsLetterOrDigit).Distinct().Take(2).Count() == 2;

    /// <summary>The first folder above that is a USB device: it has idVendor.</summary>
    private string? UsbSerial(BlockNode disk)
    {
        for (var folder = Path.GetDirectoryName(disk.Folder); folder is { Length: > 1 }; folder = Path.GetDirectoryName(folder))
        {
            if (root.Exists($"{folder}/idVendor")) return root.ReadLine($"{folder}/serial");
        }
        return null;
    }

    private string? Vendor(BlockNode disk) => tree.ReadLine(disk, "device/vendor") is { } vendor && vendor != "ATA" && !vendor.StartsWith("0x", StringComparison.Ordinal)
        ? vendor
        : null;

    private static string? Combine(string? vendor, string? model) =>
        vendor is null ? model : model is null ? vendor : model.StartsWith(vendor, StringComparison.OrdinalIgnoreCase) ? model : $"{vendor} {model}";

    private static string? Bus(BlockNode disk)
    {
        var folder = disk.Folder;
        if (folder.Contains("/virtual/", StringComparison.Ordinal)) return "virtual";
        if (folder.Contains("/usb", StringComparison.Ordinal)) return "usb";
        if (folder.Contains("/nvme", StringComparison.Ordinal)) return "nvme";
        if (folder.Contains("/mmc_host/", StringComparison.Ordinal)) return "mmc";
        if (folder.Contains("/ata", StringComparison.Ordinal)) return "sata";
        if (folder.Contains("/vbd-", StringComparison.Ordinal)) return "xen";
        if (ScsiHost().IsMatch(folder)) return "scsi"; // whatever carries it, virtio too
        return folder.Contains("/virtio", StringComparison.Ordinal) ? "virtio" : null;
    }

    /// <summary>
    /// Where it is plugged in, the same after a reboot: "1-1.2" (USB), "ata3", a PCI address, "mmc0"; with target and unit of SCSI
    /// or the namespace of NVMe where one port has several disks.
    /// </summary>
    private static string? Port(BlockNode disk, string? bus)
    {
        var segments = disk.Folder.Split('/');
        var port = bus switch
        {
            "usb" => segments.LastOrDefault(segment => UsbPort().IsMatch(segment)),
            "sata" => segments.LastOrDefault(segment => AtaPort().IsMatch(segment)),
            "mmc" => segments.LastOrDefault(segment => MmcHost().IsMatch(segment)),
            _ => segments.LastOrDefault(segment => PciAddress().IsMatch(segment)),
        };
        if (port is null) return null;
        if (segments.LastOrDefault(segment => ScsiAddress().IsMatch(segment)) is { } address && address.Split(':') is [_, var channel, var target, var unit])
            return (channel, target, unit) == ("0", "0", "0") ? port : $"{port}:{channel}:{target}:{unit}";
        return NvmeNamespace().Match(disk.Name) is { Success: true } match && match.Groups[1].Value != "1" ? $"{port}n{match.Groups[1].Value}" : port;
    }

    /// <summary>udev's database: lines "E:KEY=value".</summary>
    private Dictionary<string, string> ReadUdev(string number)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in root.ReadLines($"/run/udev/data/b{number}"))
        {
            if (line.StartsWith("E:", StringComparison.Ordinal) && line.IndexOf('=') is > 2 and var equals) values[line[2..equals]] = line[(equals + 1)..].Trim();
        }
        return values;
    }

    [GeneratedRegex(@"^(?:naa|eui|uuid)\.([0-9a-fA-F-]{8,})$")]
    private static partial Regex WorldWide();

    [GeneratedRegex(@"^\d+-\d+(\.\d+)*$")]
    private static partial Regex UsbPort();

    [GeneratedRegex(@"^ata\d+$")]
    private static partial Regex AtaPort();

    [GeneratedRegex(@"^mmc\d+$")]
    private static partial Regex MmcHost();

    [GeneratedRegex(@"^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$")]
    private static partial Regex PciAddress();

    [GeneratedRegex(@"/host\d+/")]
    private static partial Regex ScsiHost();

    [GeneratedRegex(@"^\d+:\d+:\d+:\d+$")]
    private static partial Regex ScsiAddress();

    [GeneratedRegex(@"^nvme\d+n(\d+)$")]
    private static partial Regex NvmeNamespace();
}
