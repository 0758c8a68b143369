using System.Globalization;

namespace RescueKit.Disks.Inventory;

/// <summary>All block devices at one moment, and how they rest on each other.</summary>
internal sealed class BlockTree
{
    /// <summary>How the device mapper ids of this program's overlays begin.</summary>
    private const string OverlayId = "RESCUEKIT-";

    /// <summary>A partition that the boot hook has mapped: its number and PARTUUID follow (media/agent/map-partition).</summary>
    private const string MappedPartitionId = "RESCUEKIT-MAP-";
    private const string LvmId = "LVM-";
    private const int LvmIdsLength = 64;

    private readonly SystemRoot _root;
    private readonly Dictionary<string, BlockNode> _byName = [];
    private readonly Dictionary<string, BlockNode> _byNumber = [];

    private BlockTree(SystemRoot root) => _root = root;

    public IEnumerable<BlockNode> Nodes => _byName.Values;
    public IEnumerable<BlockNode> Disks => Nodes.Where(node => node.Disk is null);

    public static BlockTree Read(SystemRoot root)
    {
        var tree = new BlockTree(root);
        foreach (var name in root.List("/sys/block"))
        {
            var folder = root.Resolve($"/sys/block/{name}");
            if (tree.Add(name, folder, null, 0) is not { } disk) continue;
            foreach (var child in root.List(folder))
            {
                if (root.ReadLine($"{folder}/{child}/partition") is { } number && int.TryParse(number, CultureInfo.InvariantCulture, out var index))
                    tree.Add(child, $"{folder}/{child}", disk, index);
            }
        }
        tree.AdoptMappedPartitions();
        return tree;
    }

    public BlockNode? ByName(string name) => _byName.GetValueOrDefault(name);
    public BlockNode? ByNumber(string number) => _byNumber.GetValueOrDefault(number);

    /// <summary>By a path such as mountinfo names as source: /dev/sda2, /dev/mapper/vg-root, /dev/disk/by-uuid/….</summary>
    public BlockNode? ByPath(string path)
    {
        if (!path.StartsWith("/dev/", StringComparison.Ordinal)) return null;
        return ByName(path[5..].Replace('/', '!'))
            ?? ByName(Path.GetFileName(_root.Resolve(path)))
            ?? Nodes.FirstOrDefault(node => node.Name.StartsWith("dm-", StringComparison.Ordinal) && path == "/dev/mapper/" + MappedName(node));
    }

    public IEnumerable<BlockNode> PartitionsOf(BlockNode disk) => Nodes.Where(node => node.Disk == disk).OrderBy(node => node.PartitionNumber);

    /// <summary>The devices made on top of this one (device mapper, md, bcache), but for its partitions, mapped though they be.</summary>
    public IEnumerable<BlockNode> HoldersOf(BlockNode node)
    {
        var isMapped = node.Disk is null && Nodes.Any(other => other.IsMappedPartition && other.Disk == node);
        return Linked(node, "holders").Where(holder => !(isMapped && (holder.Disk == node || IsOverlay(MappedId(holder)))));
    }

    /// <summary>The devices that this one is made of.</summary>
    public IEnumerable<BlockNode> SlavesOf(BlockNode node) => Linked(node, "slaves");

    /// <summary>The file behind a loop device; null for others and for empty ones.</summary>
    public string? BackingFile(BlockNode node) => _root.ReadLine($"{node.WholeDisk.Folder}/loop/backing_file");

    /// <summary>
    /// Nothing that a person would call a disk: an inner part of an LVM volume, or what stands between a disk and an array that this program has assembled.
    /// </summary>
    public bool IsInner(BlockNode node) => node.IsLoop ? HoldersOf(node).Any(holder => IsOverlay(MappedId(holder))) : IsOverlay(MappedId(node)) || IsLvmPart(MappedId(node));

    public string? MappedName(BlockNode node) => _root.ReadLine($"{node.Folder}/dm/name");
    public string? MappedId(BlockNode node) => _root.ReadLine($"{node.Folder}/dm/uuid");
    public string? ReadLine(BlockNode node, string file) => _root.ReadLine($"{node.Folder}/{file}");

    private static bool IsOverlay(string? id) => id?.StartsWith(OverlayId, StringComparison.Ordinal) == true;

    /// <summary>"LVM-", the ids of group and volume, and for its parts a word behind them. Source: lvm2, lib/activate/dev_manager.c (build_dm_uuid).</summary>
    private static bool IsLvmPart(string? id) => id?.StartsWith(LvmId, StringComparison.Ordinal) == true && id.Length > LvmId.Length + LvmIdsLength;

    /// <summary>What the boot hook has mapped is a partition like any other; while a snapshot of it lives, one more device lies between it and the disk.</summary>
    private void AdoptMappedPartitions()
    {
        foreach (var mapping in Disks.Where(node => node.IsMapped).ToList())
        {
            if (MappedId(mapping) is not { } id || !id.StartsWith(MappedPartitionId, StringComparison.Ordinal)) continue;
            if (!int.TryParse(id[MappedPartitionId.Length..].Split('-')[0], CultureInfo.InvariantCulture, out var number)) continue;
            var below = SlavesOf(mapping).ToList();
            if (below is [{ IsMapped: true } between]) below = [.. SlavesOf(between)];
            if (below is [{ Disk: null } disk]) Add(mapping.Name, mapping.Folder, disk, number);
        }
    }

    private IEnumerable<BlockNode> Linked(BlockNode node, string folder) =>
        _root.List($"{node.Folder}/{folder}").Select(ByName).OfType<BlockNode>();

    private BlockNode? Add(string name, string folder, BlockNode? disk, int number)
    {
        if (_root.ReadLine($"{folder}/dev") is not { } device) return null;
        // sysfs counts in units of 512 bytes whatever the sector size.
        var length = long.TryParse(_root.ReadLine($"{folder}/size"), CultureInfo.InvariantCulture, out var units) ? units * 512 : 0;
        return _byName[name] = _byNumber[device] = new BlockNode(name, folder, device, length, disk, number);
    }
}
