using RescueKit.Model;

namespace RescueKit.Disks.Inventory;

/// <summary>Everything that is stacked on a partition, and the file systems on top.</summary>
internal sealed class LiveLayers
{
    private const int DeepestStack = 32;

    private readonly BlockTree _tree;
    private readonly MountTable _mounts;
    private readonly Holdings _holdings;

    public LiveLayers(SystemRoot root)
    {
        _tree = BlockTree.Read(root);
        _mounts = MountTable.Read(root);
        _holdings = new Holdings(root, _tree, _mounts);
    }

    /// <summary>What the file system at a mount point lies on; null where that is no block device, or where it is no mount point.</summary>
    public BlockNode? MountedAt(string point) => _mounts.Holding(point) is { } mount && mount.Point == point ? _tree.ByNumber(mount.Number) ?? _tree.ByPath(mount.Source) : null;

    /// <summary>As a person calls it: /dev/mapper/vg0-root.</summary>
    public string PathOf(BlockNode node) => _tree.MappedName(node) is { } name && !node.IsMappedPartition ? "/dev/mapper/" + name : node.DevicePath;

    public BlockNode? Find(string number) => _tree.ByNumber(number);

    public IEnumerable<BlockNode> PartitionsOf(BlockNode disk) => _tree.PartitionsOf(disk);

    public LivePartition Describe(BlockNode node, string disk)
    {
        var systems = new List<LiveFileSystem>();
        var isHeld = Climb(node, 0, systems, []);
        var holders = _tree.HoldersOf(node).ToList();
        var mapping = node.IsMappedPartition ? node.Number
            : holders is [{ IsMapped: true } only] && only.Length == node.Length && _tree.SlavesOf(only).Count() == 1 && !_holdings.MountsOf(node).Any() ? only.Number
            : node.IsMapped && !_tree.PartitionsOf(node).Any() ? node.Number // a volume of LVM, for example, taken as a disk
            : null;
        return new LivePartition(
            node.PartitionNumber, node.PartitionNumber == 0 ? disk : $"partition {node.PartitionNumber} of {disk}", node.DevicePath, node.Length, isHeld, _holdings.IsSwap(node),
            systems, mapping);
    }

    /// <summary>Adds the file systems on a device and above it, each once and at its greatest depth.</summary>
    /// <returns>True where anything uses it.</returns>
    private bool Climb(BlockNode node, int depth, List<LiveFileSystem> systems, HashSet<string> path)
    {
        if (depth > DeepestStack || !path.Add(node.Name)) return true;
        var isUsed = _holdings.IsSwap(node);
        foreach (var mount in _holdings.MountsOf(node).Where(mount => _mounts.Holding(mount.Point) == mount).DistinctBy(mount => mount.Number))
        {
            isUsed = true;
            var known = systems.FindIndex(system => system.Number == mount.Number);
            if (known >= 0 && systems[known].Depth >= depth) continue;
            if (known >= 0) systems.RemoveAt(known);
            systems.Add(new LiveFileSystem(mount.Point, mount.Number, mount.Type, depth));
            // A loop device over a file of this file system carries another one, which is frozen before.
            foreach (var loop in _tree.Disks.Where(disk => disk.IsLoop && _tree.BackingFile(disk) is { } file && _mounts.Holding(file)?.Number == mount.Number))
            {
                foreach (var part in _tree.PartitionsOf(loop).Prepend(loop)) Climb(part, depth + 1, systems, path);
            }
        }
        foreach (var holder in _tree.HoldersOf(node))
        {
            isUsed = true;
            foreach (var part in _tree.PartitionsOf(holder).Prepend(holder)) Climb(part, depth + 1, systems, path);
        }
        path.Remove(node.Name);
        return isUsed;
    }
}
