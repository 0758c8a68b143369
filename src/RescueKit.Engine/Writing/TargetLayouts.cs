using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>A volume of the source and where it comes to lie; as the planner of target layouts needs it.</summary>
internal sealed record PlacedVolume(Extent From, Extent Onto);

/// <summary>Plans target layouts. Pure: sees numbers, no disk.</summary>
internal static class TargetLayouts
{
    /// <summary>
    /// What is zeroed at both ends of disks and volumes: holds every boot sector, superblock, label and backup of those that are found by
    /// probing (GPT and LDM at the end, md at both ends, ZFS labels, NTFS's backup boot sector).
    /// </summary>
    private const long Edge = 1 << 20;

    /// <summary>Holds MBR, primary GPT header, LVM label, exFAT's two boot regions, and the superblocks of ext, XFS, btrfs and md.</summary>
    private const long Head = 128 << 10;

    /// <summary>Copies of btrfs's superblock (btrfs on-disk format, "superblock"): bytes from the start of the volume.</summary>
    private static readonly long[] BtrfsCopies = [64L << 20, 256L << 30];
    private const long BtrfsSuperblock = 4096;

    /// <param name="sourceLength">Bytes of the disk that the content comes from.</param>
    /// <param name="leftOut">Source ranges of partitions that are not part of the content: untouched on the target.</param>
    /// <param name="tables">Table areas of the source.</param>
    /// <param name="targetTables">Table areas that the target has now.</param>
    /// <param name="patches">What relocates the GPT on a larger target, and repaired tables.</param>
    public static TargetLayout WholeDisk(
        long sourceLength, long targetLength, IReadOnlyList<PlacedVolume> volumes, ExtentSet leftOut,
        ExtentSet tables, ExtentSet targetTables, IReadOnlyList<BlockPatch> patches)
    {
        var target = new Extent(0, targetLength);
        var stale = targetTables.Clip(target);
        var inVolumes = ExtentSet.From(volumes.Select(v => v.Onto));
        // What lies inside a volume comes with that volume, or it would be recognisable before it is whole.
        var around = ExtentSet.From(Edges(new Extent(0, sourceLength)).Concat(Edges(target))).Except(leftOut).Union(stale).Except(inVolumes);
        var larger = targetLength > sourceLength && patches.Count > 0;
        return new TargetLayout
        {
            Segments = [.. leftOut.ComplementIn(new Extent(0, sourceLength)).Select(e => new Segment(e, e.Offset))],
            VolumeAreas = ExtentSet.From(volumes.SelectMany(v => VolumeAreas(v.Onto))).Union(stale.Intersect(inVolumes)),
            TableAreas = tables.Union(ExtentSet.From(patches.Select(p => p.Extent))).Union(around),
            Heads = HeadsOf(volumes).Union(ExtentSet.Of(HeadOf(target))),
            Patches = patches,
            DroppedInSource = larger ? BackupTables(tables, sourceLength) : ExtentSet.Empty,
        };
    }

    /// <param name="volumes">Each with the part of the source that is restored and the whole partition that it goes into.</param>
    public static TargetLayout Partitions(IReadOnlyList<PlacedVolume> volumes, IReadOnlyList<BlockPatch> patches) => new()
    {
        Segments = [.. volumes.OrderBy(v => v.From.Offset).Select(v => new Segment(v.From, v.Onto.Offset))],
        VolumeAreas = ExtentSet.From(volumes.SelectMany(v => VolumeAreas(v.Onto).Concat(Edges(new Extent(v.Onto.Offset, v.From.Length))))),
        TableAreas = ExtentSet.Empty,
        Heads = HeadsOf(volumes),
        Patches = patches,
    };

    private static IEnumerable<Extent> VolumeAreas(Extent volume) =>
        Edges(volume).Concat(BtrfsCopies.Select(c => new Extent(volume.Offset + c, BtrfsSuperblock).Intersect(volume)));

    private static IEnumerable<Extent> Edges(Extent range) =>
    [
        new Extent(range.Offset, Math.Min(Edge, range.Length)),
        Extent.FromTo(Math.Max(range.Offset, range.End - Edge), range.End),
    ];

    private static ExtentSet HeadsOf(IEnumerable<PlacedVolume> volumes) => ExtentSet.From(volumes.Select(v => HeadOf(v.Onto)));

    private static Extent HeadOf(Extent range) => new(range.Offset, Math.Min(Head, range.Length));

    /// <summary>GPT keeps its backup in the last sectors; every other table area lies in front.</summary>
    private static ExtentSet BackupTables(ExtentSet tables, long length) =>
        ExtentSet.From(tables.Where(t => t.Offset >= length / 2 && t.End > length - Edge));
}
