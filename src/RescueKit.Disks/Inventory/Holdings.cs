namespace RescueKit.Disks.Inventory;

/// <summary>Who lives on which device: mounts, swap, holders above; disks below.</summary>
internal sealed class Holdings(SystemRoot root, BlockTree tree, MountTable mounts)
{
    /// <summary>Stacks deeper than that are taken for a circle.</summary>
    private const int DeepestStack = 32;

    private static readonly string[] s_systemPaths = ["/", "/usr", "/etc", "/var", "/boot", "/boot/efi", "/efi"];

    /// <summary>Mount points of the file system on exactly this device.</summary>
    public IEnumerable<string> MountPointsOf(BlockNode node) => MountsOf(node).Select(mount => mount.Point).Distinct();

    public IEnumerable<Mount> MountsOf(BlockNode node) => mounts.Mounts.Where(mount => DevicesOf(mount).Contains(node));

    public bool IsSwap(BlockNode node) => mounts.Swaps.Any(swap => tree.ByPath(swap) == node);

    /// <summary>Plain phrases about one device, such as "mounted at /home"; empty where nothing holds it.</summary>
    /// <param name="subject">What each phrase begins with, its space included.</param>
    public IEnumerable<string> UsesOf(BlockNode node, string subject, int depth = 0)
    {
        foreach (var point in MountPointsOf(node)) yield return $"{subject}mounted at {point}";
        if (IsSwap(node)) yield return $"{subject}is swap";
        if (depth > DeepestStack) yield break;
        foreach (var holder in tree.HoldersOf(node).SelectMany(holder => Through(holder)))
        {
            var held = $"{subject}held by {NameOf(holder)}";
            var above = UsesOf(holder, $"{held}, ", depth + 1)
                .Concat(tree.PartitionsOf(holder).SelectMany(part => UsesOf(part, $"{held}, its partition {part.PartitionNumber} ", depth + 1))).ToList();
            if (above.Count == 0) yield return held;
            foreach (var use in above) yield return use;
        }
    }

    /// <summary>Devices that hold the running system, followed down to whole disks.</summary>
    public IReadOnlySet<BlockNode> SystemDisks() => s_systemPaths.SelectMany(DisksBelow).Select(found => found.Node).OfType<BlockNode>().ToHashSet();

    /// <summary>Everything that a file or folder rests on: whole devices, and files behind loop devices. Nearest first.</summary>
    public IReadOnlyList<(BlockNode? Node, string Path)> DisksBelow(string path)
    {
        var found = new List<(BlockNode?, string)>();
        FollowPath(path, found, [], 0);
        return found;
    }

    public IReadOnlyList<(BlockNode? Node, string Path)> DisksBelow(BlockNode node)
    {
        var found = new List<(BlockNode?, string)>();
        FollowDevice(node, found, [], 0);
        return found;
    }

    /// <summary>What an inner device is a part of says more than the part.</summary>
    private IEnumerable<BlockNode> Through(BlockNode holder, int depth = 0) =>
        depth < DeepestStack && tree.IsInner(holder) && tree.HoldersOf(holder).ToList() is { Count: > 0 } above ? above.SelectMany(next => Through(next, depth + 1)) : [holder];

    private string NameOf(BlockNode holder)
    {
        if (!holder.IsMapped) return holder.IsRaid ? $"RAID {holder.Name}" : holder.Name;
        var name = tree.MappedName(holder) ?? holder.Name;
        return (tree.MappedId(holder) ?? "").Split('-')[0] switch
        {
            "LVM" => $"LVM volume {name}",
            "CRYPT" => $"encryption {name}",
            "mpath" => $"multipath {name}",
            _ => $"device mapper {name}",
        };
    }

    private void FollowPath(string path, List<(BlockNode?, string)> found, HashSet<string> visited, int depth)
    {
        if (depth > DeepestStack || mounts.Holding(path) is not { } mount || !visited.Add($"{mount.Number} {mount.Point}")) return;
        foreach (var device in DevicesOf(mount)) FollowDevice(device, found, visited, depth + 1);
        if (mount.Type != "overlay") return;
        foreach (var layer in OverlayLayers(mount.Options)) FollowPath(layer, found, visited, depth + 1);
    }

    private void FollowDevice(BlockNode node, List<(BlockNode?, string)> found, HashSet<string> visited, int depth)
    {
        var disk = node.WholeDisk;
        if (depth > DeepestStack || !visited.Add(disk.Name)) return;
        found.Add((disk, disk.DevicePath));
        foreach (var slave in tree.SlavesOf(disk)) FollowDevice(slave, found, visited, depth + 1);
        if (tree.BackingFile(disk) is not { } file) return;
        found.Add((null, file));
        FollowPath(file, found, visited, depth + 1);
    }

    /// <summary>
    /// By number; by source where the number is no disk's (btrfs has numbers of its own), then with all other devices of that btrfs.
    /// </summary>
    private List<BlockNode> DevicesOf(Mount mount)
    {
        if (tree.ByNumber(mount.Number) is { } numbered) return [numbered];
        if (tree.ByPath(mount.Source) is not { } source) return [];
        if (mount.Type != "btrfs") return [source];
        foreach (var id in root.List("/sys/fs/btrfs"))
        {
            var members = root.List($"/sys/fs/btrfs/{id}/devices").Select(tree.ByName).OfType<BlockNode>().ToList();
            if (members.Contains(source)) return members;
        }
        return [source];
    }

    private static IEnumerable<string> OverlayLayers(string options) => options.Split(',')
        .Where(option => option.StartsWith("lowerdir=", StringComparison.Ordinal) || option.StartsWith("upperdir=", StringComparison.Ordinal))
        .SelectMany(option => option[9..].Split(':', StringSplitOptions.RemoveEmptyEntries));
}
