using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Disks;

/// <summary>What a running system does with the partitions of one disk.</summary>
public sealed record LiveDisk(string Path, IReadOnlyList<LivePartition> Partitions)
{
    /// <param name="path">A whole block device.</param>
    /// <exception cref="UsageException">It is no block device, or a partition.</exception>
    public static LiveDisk Read(string path) => Read(path, new SystemRoot(), Interop.LibC.Stat(path) is { IsBlockDevice: true } status ? $"{status.DeviceMajor}:{status.DeviceMinor}" : "");

    /// <summary>
    /// What a person names to be frozen: a mount point, a partition, a mapping; or a whole disk, which stands for all its partitions that lie on
    /// mappings.
    /// </summary>
    /// <exception cref="UsageException">It is none of them.</exception>
    public static IReadOnlyList<LivePartition> Named(string path)
    {
        var layers = new LiveLayers(new SystemRoot());
        var node = Interop.LibC.Stat(path) is { IsBlockDevice: true } status
            ? layers.Find($"{status.DeviceMajor}:{status.DeviceMinor}")
            : layers.MountedAt(DiskInventory.RealPath(path));
        if (node is null) throw new UsageException($"{path} is neither a block device nor a mount point of one", "name a mount point, a partition, a mapping below /dev/mapper, or a whole disk");
        if (node.Disk is not null) return [layers.Describe(node, node.Disk.DevicePath)];
        var parts = layers.PartitionsOf(node).ToList();
        return parts.Count == 0 ? [layers.Describe(node, layers.PathOf(node))] : [.. parts.Select(part => layers.Describe(part, node.DevicePath)).Where(part => part.IsInUse || part.MappingNumber is not null)];
    }

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
