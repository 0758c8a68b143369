using System.Globalization;
using RescueKit.Model;

namespace RescueKit.Disks.Inventory;

/// <summary>The disks of a machine at one moment.</summary>
internal sealed class Machine
{
    /// <summary>Not disks to image: memory, optical and floppy drives, and what a server shows, which may be an image.</summary>
    private static readonly string[] s_notDisks = ["ram", "zram", "sr", "fd", "nbd"];

    private readonly BlockTree _tree;
    private readonly MountTable _mounts;
    private readonly Holdings _holdings;
    private readonly List<(BlockNode Disk, DiskIdentity Identity)> _disks;
    private readonly IdentityReader _identities;
    private readonly Lazy<IReadOnlySet<BlockNode>> _systemDisks;

    public Machine(SystemRoot root)
    {
        _tree = BlockTree.Read(root);
        _mounts = MountTable.Read(root);
        _holdings = new Holdings(root, _tree, _mounts);
        _identities = new IdentityReader(root, _tree);
        _disks = [.. _tree.Disks.Where(IsDisk).OrderBy(disk => disk.Name.Length).ThenBy(disk => disk.Name, StringComparer.Ordinal)
            .Select(disk => (disk, _identities.Read(disk)))];
        _systemDisks = new Lazy<IReadOnlySet<BlockNode>>(_holdings.SystemDisks);
    }

    public IReadOnlyList<string> Swaps => _mounts.Swaps;

    public bool HasLogicalVolumes => _tree.Disks.Any(IsLogicalVolume);

    public bool IsLogicalVolume(BlockNode node) => _tree.MappedId(node)?.StartsWith("LVM-", StringComparison.Ordinal) == true;

    /// <summary>Null where it is no mount point, or one of what lies on no block device.</summary>
    public BlockNode? MountedAt(string point) => _mounts.Holding(point) is { } mount && mount.Point == point ? _tree.ByNumber(mount.Number) ?? _tree.ByPath(mount.Source) : null;

    public BlockNode? ByPath(string path) => _tree.ByPath(path);
    public BlockNode? ByNumber(uint major, uint minor) => _tree.ByNumber($"{major}:{minor}");

    /// <summary>A loop device that the running system lives on is a part of that system, none of the machine's disks; and there are devices that are only parts of others.</summary>
    public IReadOnlyList<DiskInfo> List() =>
        [.. _disks.Where(disk => !(disk.Disk.IsLoop && IsSystem(disk.Disk)) && !_tree.IsInner(disk.Disk)).Select(disk => Describe(disk.Disk, disk.Disk.DevicePath))];

    public DiskIdentity IdentityOf(BlockNode node) => _identities.Read(node);

    public DiskInfo Describe(BlockNode node, string path)
    {
        var disk = node.WholeDisk;
        var identity = _identities.Read(node);
        var confirm = ConfirmIds.Of(disk, identity, [.. _disks.Where(other => other.Disk != disk)]);
        var logical = Number(disk, "queue/logical_block_size", 512);
        return new DiskInfo(path, node.Length,
            new DiskGeometry(logical, Math.Max(logical, Number(disk, "queue/physical_block_size", logical)), identity),
            node == disk ? confirm : $"{confirm}-{node.PartitionNumber}",
            Number(node, "ro", 0) != 0 || Number(disk, "ro", 0) != 0,
            IsSystem(node), UsesOf(node))
        {
            Mounts = MountsOf(node),
            Removable = Number(disk, "removable", 0) != 0,
            Rotational = Number(disk, "queue/rotational", 0) != 0,
        };
    }

    /// <summary>The whole devices and loop-backing files that hold a path, nearest first.</summary>
    public IReadOnlyList<string> DisksBelow(string path) => [.. _holdings.DisksBelow(path).Select(found => found.Path)];

    public IReadOnlyList<string> DisksBelow(BlockNode node) => [.. _holdings.DisksBelow(node).Select(found => found.Path)];

    /// <summary>
    /// True for a place that holds device nodes (devtmpfs, and whatever /dev is on a machine without): a file made there lies in memory. Not
    /// for file systems mounted below it, such as /dev/shm.
    /// </summary>
    public bool IsAmongDevices(string path)
    {
        var mount = _mounts.Holding(path);
        return mount?.Type == "devtmpfs"
            || ((path + "/").StartsWith("/dev/", StringComparison.Ordinal) && mount?.Point.StartsWith("/dev/", StringComparison.Ordinal) != true);
    }

    /// <summary>Loop devices whose backing file has this path.</summary>
    public IEnumerable<(BlockNode Loop, string File, bool IsReadOnly)> AttachedFiles() => _tree.Disks.Where(disk => disk.IsLoop)
        .Select(loop => (loop, File: _tree.BackingFile(loop), IsReadOnly: Number(loop, "ro", 0) != 0))
        .Where(found => found.File is not null).Select(found => (found.loop, found.File!, found.IsReadOnly));

    public DiskOrigin OriginOf(BlockNode node) => new(
        IdentityOf(node), node.Length, node.PartitionNumber,
        _disks.Where(other => other.Disk != node.WholeDisk).Select(other => PresenceOf(other.Disk)).ToHashSet());

    /// <summary>Names one connection of one disk: the kernel counts them (diskseq, since Linux 5.15) and may use a name again.</summary>
    public string PresenceOf(BlockNode disk) => $"{disk.Name} {_tree.ReadLine(disk, "diskseq")}";

    /// <summary>
    /// Where a disk (or partition) that vanished is now: same serial, or same WWN where it has no serial, same length, and not there before.
    /// Null where none or more than one fits.
    /// </summary>
    public string? Find(DiskOrigin origin)
    {
        var identity = origin.Identity;
        if (identity.Serial is null && identity.Wwn is null) return null;
        var disks = _disks.Where(disk => identity.Serial is null ? disk.Identity.Wwn == identity.Wwn : disk.Identity.Serial == identity.Serial)
            .Select(disk => disk.Disk).Where(disk => !origin.Others.Contains(PresenceOf(disk)));
        var nodes = origin.PartitionNumber == 0 ? disks : disks.SelectMany(_tree.PartitionsOf).Where(part => part.PartitionNumber == origin.PartitionNumber);
        var fitting = nodes.Where(node => node.Length == origin.Length).Take(2).ToList();
        return fitting.Count == 1 ? fitting[0].DevicePath : null;
    }

    private static bool IsDisk(BlockNode disk) => disk.Length > 0 && !s_notDisks.Any(prefix =>
        disk.Name.StartsWith(prefix, StringComparison.Ordinal) && disk.Name.AsSpan(prefix.Length).IndexOfAnyExceptInRange('0', '9') < 0);

    private bool IsSystem(BlockNode node) => _systemDisks.Value.Contains(node.WholeDisk);

    private List<string> UsesOf(BlockNode node)
    {
        var uses = _holdings.UsesOf(node, "");
        if (node.Disk is null) uses = uses.Concat(_tree.PartitionsOf(node).SelectMany(part => _holdings.UsesOf(part, $"partition {part.PartitionNumber} ")));
        return [.. uses.Distinct()];
    }

    private Dictionary<int, string> MountsOf(BlockNode node)
    {
        var nodes = node.Disk is null ? _tree.PartitionsOf(node).Prepend(node) : [node];
        return nodes.Select(part => (part.PartitionNumber, Point: _holdings.MountPointsOf(part).FirstOrDefault())).Where(found => found.Point is not null)
            .ToDictionary(found => found.PartitionNumber, found => found.Point!);
    }

    private int Number(BlockNode node, string file, int otherwise) =>
        int.TryParse(_tree.ReadLine(node, file), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
