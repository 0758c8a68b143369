using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Disks;

/// <summary>What a running system does with the partitions of one disk.</summary>
public sealed record LiveDisk(string Path, IReadOnlyList<LivePartition> Partitions)
{
    /// <param name="path">A whole block device.</param>
    /// <exception cref="UsageException">It is no block device, or a partition.</exception>
    public static LiveDisk Read(string path) => Read(path, new SystemRoot(), Interop.LibC.Stat(path) is { IsBlockDevice: true } status ? $"{status.DeviceMajor}:{status.DeviceMinor}" : "");

    internal static LiveDisk Read(string path, SystemRoot root, string number)
    {
        var layers = new LiveLayers(root);
        if (layers.Find(number) is not { } disk) throw new UsageException($"{path} is no disk", "name a whole disk: rescuekit disk list shows them");
        if (disk.Disk is not null) throw new UsageException($"{path} is a partition", $"name the whole disk, {disk.Disk.DevicePath}, and choose with --partition");
        var nodes = layers.PartitionsOf(disk).ToList();
        return new LiveDisk(path, [.. (nodes.Count == 0 ? [disk] : nodes).Select(node => layers.Describe(node, path))]);
    }
}

/// <param name="Number">0 for a disk without a partition table.</param>
/// <param name="Device">Its own node.</param>
/// <param name="IsInUse">Mounted, swapped to, or held by something above it.</param>
/// <param name="IsSwap">Swapped to directly.</param>
/// <param name="FileSystems">Mounted on it and on whatever is stacked above it.</param>
/// <param name="MappingNumber">Device number of the one mapping that stands between the partition and everything else, and is as long as it.</param>
public sealed record LivePartition(
    int Number, string Name, string Device, long Length, bool IsInUse, bool IsSwap, IReadOnlyList<LiveFileSystem> FileSystems, string? MappingNumber)
{
    /// <summary>What a snapshot provider is asked for; null where there is no mapping.</summary>
    public LiveVolume? Volume => MappingNumber is { } number ? new LiveVolume(Name, number, Length, FileSystems) : null;
}
