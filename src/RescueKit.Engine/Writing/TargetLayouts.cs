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
    /// <param name="targetVolumes">Partitions that the target has now: none of them may be recognised beside, or inside, the new ones.</param>
    /// <param name="patches">What relocates the GPT on a larger target, repairs tables, or gives them other ids.</param>
    public static TargetLayout WholeDisk(
        long sourceLength, long targetLength, IReadOnlyList<PlacedVolume> volumes, ExtentSet leftOut,
        ExtentSet tables, ExtentSet targetTables, IReadOnlyList<Extent> targetVolumes, IReadOnlyList<BlockPatch> patches)
    {
        var target = new Extent(0, targetLength);
        var stale = targetTables.Union(ExtentSet.From(targetVolumes.SelectMany(VolumeAreas))).Clip(target).Except(leftOut);
        var inVolumes = ExtentSet.From(volumes.Select(v => v.Onto));
        // What lies inside a volume comes with that volume, or it would be recognisable before it is whole.
        var around = ExtentSet.From(Edges(new Extent(0, sourceLength)).Concat(Edges(target))).Except(leftOut).Union(stale).Except(inVolumes);
        var larger = patches.Any(p => p.Extent.End > sourceLength);
        var volumeAreas = ExtentSet.From(volumes.SelectMany(v => VolumeAreas(v.Onto))).Union(stale.Intersect(inVolumes));
        var tableAreas = tables.Union(ExtentSet.From(patches.Select(p => p.Extent))).Union(around);
        var places = volumes.Select(v => v.Onto).ToList();
        return new TargetLayout
        {
            Segments = [.. leftOut.ComplementIn(new Extent(0, sourceLength)).Select(e => new Segment(e, e.Offset))],
            VolumeAreas = volumeAreas,
            TableAreas = tableAreas,
            Invalidation = InOrder(volumeAreas.Union(tableAreas), [ExtentSet.Of(HeadOf(target)).Union(targetTables), HeadsOf(places.Concat(targetVolumes))]),
            HeadLayers = HeadLayers([.. places, target]),
            Patches = patches,
            Tail = ExtentSet.Of(Extent.FromTo(sourceLength, targetLength)),
            DroppedInSource = larger ? BackupTables(tables, sourceLength) : ExtentSet.Empty,
        };
    }

    /// <param name="volumes">Each with the part of the source that is restored and the whole partition that it goes into.</param>
    public static TargetLayout Partitions(IReadOnlyList<PlacedVolume> volumes, IReadOnlyList<BlockPatch> patches)
    {
        var areas = ExtentSet.From(volumes.SelectMany(v => VolumeAreas(v.Onto).Concat(Edges(new Extent(v.Onto.Offset, v.From.Length)))));
        var places = volumes.Select(v => v.Onto).ToList();
        return new TargetLayout
        {
            Segments = [.. volumes.OrderBy(v => v.From.Offset).Select(v => new Segment(v.From, v.Onto.Offset))],
            VolumeAreas = areas,
            TableAreas = ExtentSet.Empty,
            Invalidation = InOrder(areas, [HeadsOf(places)]),
            HeadLayers = HeadLayers(places),
            Patches = patches,
            Tail = ExtentSet.From(volumes.Select(v => Extent.FromTo(v.Onto.Offset + v.From.Length, v.Onto.End))),
        };
    }

    private static IEnumerable<Extent> VolumeAreas(Extent volume) =>
        Edges(volume).Concat(BtrfsCopies.Select(c => new Extent(volume.Offset + c, BtrfsSuperblock).Intersect(volume)));

    private static IEnumerable<Extent> Edges(Extent range) =>
    [
        new Extent(range.Offset, Math.Min(Edge, range.Length)),
        Extent.FromTo(Math.Max(range.Offset, range.End - Edge), range.End),
    ];

    /// <summary>Areas cut into what lies in the first set, then what lies in the next, and at last the others.</summary>
    private static IReadOnlyList<ExtentSet> InOrder(ExtentSet areas, IReadOnlyList<ExtentSet> first)
    {
        var order = new List<ExtentSet>();
        foreach (var set in first)
        {
            order.Add(areas.Intersect(set));
            areas = areas.Except(set);
        }
        return [.. order, areas];
    }

    /// <summary>
    /// Bytes from the start: superblocks and tables behind 4 KiB (btrfs, md, GPT of 4096); LVM's label and the primary GPT's header, with all
    /// but the first sector of ext's superblock; that sector; the boot sector, which alone makes FAT, NTFS, exFAT, XFS or an MBR.
    /// </summary>
    private static List<ExtentSet> HeadLayers(IReadOnlyList<Extent> places)
    {
        List<ExtentSet> layers =
            [Parts(places, (4096, Head)), Parts(places, (512, 1024), (1536, 4096)), Parts(places, (1024, 1536)), Parts(places, (0, 512))];
        // Where places lie close together, what is a part of two layers waits for the later one.
        for (var i = layers.Count - 1; i > 0; i--)
        {
            for (var earlier = 0; earlier < i; earlier++) layers[earlier] = layers[earlier].Except(layers[i]);
        }
        return layers;
    }

    private static ExtentSet Parts(IEnumerable<Extent> places, params (long Start, long End)[] parts) => ExtentSet.From(
        places.SelectMany(place => parts.Select(p => Extent.FromTo(place.Offset + p.Start, place.Offset + p.End).Intersect(place))).Where(e => !e.IsEmpty));

    private static ExtentSet HeadsOf(IEnumerable<Extent> places) => ExtentSet.From(places.Select(HeadOf));

    private static Extent HeadOf(Extent range) => new(range.Offset, Math.Min(Head, range.Length));

    /// <summary>GPT keeps its backup in the last sectors; every other table area lies in front.</summary>
    private static ExtentSet BackupTables(ExtentSet tables, long length) =>
        ExtentSet.From(tables.Where(t => t.Offset >= length / 2 && t.End > length - Edge));
}
