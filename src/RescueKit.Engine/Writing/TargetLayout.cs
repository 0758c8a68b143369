using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>A range of the source that goes to one place of the target.</summary>
internal readonly record struct Segment(Extent From, long To)
{
    /// <summary>Add to a source offset to get the target's.</summary>
    public long Shift => To - From.Offset;
    public Extent Onto => From.Shift(Shift);
}

/// <summary>
/// What a restore or clone writes where, and in which order: data first, then what makes volumes recognisable, last what makes the
/// disk bootable. Extents are target offsets unless the name says source.
/// </summary>
internal sealed record TargetLayout
{
    /// <summary>In ascending order of the source; disjoint in source and target.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Boot sectors and superblocks of the volumes that are replaced.</summary>
    public required ExtentSet VolumeAreas { get; init; }

    /// <summary>Tables, boot code, both ends of the disk, and what made old volumes behind the content recognisable; empty where single partitions are restored.</summary>
    public required ExtentSet TableAreas { get; init; }

    /// <summary>What is zeroed, a set after the other: what leads to a volume before the volume, what identifies it before its rest.</summary>
    public required IReadOnlyList<ExtentSet> Invalidation { get; init; }

    /// <summary>
    /// The beginnings of volumes and of the disk, in layers that are written and synced one after the other when all else of their areas
    /// is: what identifies a volume comes when everything that it identifies is there, even if power fails in the middle of a request.
    /// </summary>
    public required IReadOnlyList<ExtentSet> HeadLayers { get; init; }

    /// <summary>Tables and boot sectors that have to differ from the source's.</summary>
    public IReadOnlyList<BlockPatch> Patches { get; init; } = [];

    /// <summary>Source ranges that lose their meaning on this target (the backup GPT of a smaller disk): left zero.</summary>
    public ExtentSet DroppedInSource { get; init; } = ExtentSet.Empty;

    /// <summary>What lies behind the end of the content, on a larger disk or in a larger partition: free.</summary>
    public ExtentSet Tail { get; init; } = ExtentSet.Empty;

    /// <summary>Everything that is zeroed first and written last.</summary>
    public ExtentSet Critical => field ??= VolumeAreas.Union(TableAreas);

    /// <summary>Source ranges that are wanted at all.</summary>
    public ExtentSet Scope => field ??= ExtentSet.From(Segments.Select(s => s.From));

    /// <summary>Source ranges of what is written last.</summary>
    public ExtentSet CriticalInSource => field ??= ExtentSet.From(Segments.SelectMany(s => Critical.Clip(s.Onto).Shift(-s.Shift)));

    /// <summary>Source ranges where the target differs on purpose: what patches lie over, and what is dropped.</summary>
    public ExtentSet AlteredInSource => field ??= ExtentSet.From(Segments.SelectMany(s => Patches.Select(p => p.Extent.Intersect(s.Onto))
        .Where(e => !e.IsEmpty).Select(e => e.Shift(-s.Shift)))).Union(DroppedInSource);
}
