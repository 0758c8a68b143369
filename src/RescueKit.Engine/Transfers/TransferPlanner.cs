using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.PartitionTables.Mbr;
using RescueKit.Engine.Content;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Writing;
using RescueKit.FileSystems;
using RescueKit.Model;

namespace RescueKit.Engine.Transfers;

/// <summary>What a restore or clone puts where, and every reason not to.</summary>
internal sealed record Transfer(TargetLayout Layout, IReadOnlyList<PlanItem> Items, IReadOnlyList<string> Lost, IReadOnlyList<string> Warnings);

/// <summary>Plans restores and clones; reads tables and boot sectors, writes nothing.</summary>
/// <param name="content">The source as a disk.</param>
/// <param name="layout">How the source is divided.</param>
/// <param name="target">What is on the target now; null for a file that is yet to be made.</param>
/// <param name="volumeStart">Where on its disk a target that is a partition begins, in bytes.</param>
internal sealed class TransferPlanner(
    IBlockSource content, DiskLayout layout, IReadOnlyList<TransferVolume> volumes, string targetPath, DiskSurvey? target, long volumeStart = 0)
{
    private readonly List<string> _warnings = [];

    /// <summary>What was found on the way, a sentence each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Refuses a target that no whole disk may be written to.</summary>
    public void CheckTarget()
    {
        if (target is null) return;
        CheckSectorSize(target.Disk.Geometry);
        SafetyChecks.NoSetMember(target, target.Volumes.Select(v => v.Partition.Number));
    }

    /// <param name="ids">What the partition table is to have in place of the source's ids; null for those.</param>
    /// <param name="smaller">What helps where the target is too small.</param>
    public Transfer WholeDisk(TableIds? ids, string smaller = "choose a target of at least that size")
    {
        var length = target?.Disk.Length ?? content.Length;
        SafetyChecks.LargeEnough(targetPath, length, content.Length, smaller);
        CheckTarget();
        if (length != content.Length && volumes.FirstOrDefault(v => v.AnchoredToDiskEnd) is { } anchored)
            throw EndAnchored(anchored, content.Length);
        foreach (var volume in volumes.Where(v => !v.Included))
            _warnings.Add($"Partition {volume.Number} is not part of the source: what lies there on the target stays as it is.");
        var included = volumes.Where(v => v.Included).ToList();
        var tables = GptRelocation.Patches(content, layout, length);
        if (tables.Count > 0)
        {
            _warnings.Add(length == content.Length
                ? $"What is damaged or missing of the partition table is made anew on {targetPath}."
                : $"The backup GPT moves to the end of {targetPath}.");
        }
        if (ids is not null) tables = [.. GptRelocation.Patches(content, layout, length, ids), .. MbrDiskId.Patches(content, layout, ids)];
        return new Transfer(
            TargetLayouts.WholeDisk(
                content.Length, length, [.. included.Select(v => new PlacedVolume(v.Extent, v.Extent))],
                ExtentSet.From(volumes.Where(v => !v.Included).Select(v => v.Extent)), layout.TableAreas,
                target?.Layout.TableAreas ?? ExtentSet.Empty, [.. (target?.Volumes ?? []).Select(v => v.Partition.Extent)], tables),
            [.. volumes.Select(v => Item(v, v.Included ? v.Number : null)), PlanItems.Gaps(GapBytes())],
            LostWithTheDisk(), _warnings);
    }

    public Transfer Partitions(IReadOnlyList<PartitionMapping> mappings)
    {
        if (target is null)
            throw new SafetyException($"{targetPath} does not exist, so it has no partition to restore into", "restore the whole disk, or name an existing disk");
        CheckSectorSize(target.Disk.Geometry);
        if (mappings.GroupBy(m => m.To).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UsageException($"two partitions cannot go into partition {twice.Key}");
        if (mappings.GroupBy(m => m.From).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new UsageException($"partition {same.Key} is named twice");
        if (IsVolume && mappings.Count > 1) throw new UsageException($"{targetPath} is one partition, and {mappings.Count} were named", "restore them one by one");
        SafetyChecks.NoSetMember(target, mappings.Select(OntoNumber));
        var placed = mappings.Select(m => Place(m)).ToList();
        if (!IsVolume) _warnings.Add("Only the named partitions are restored: partition table, boot code and all other partitions stay as they are.");
        return new Transfer(
            TargetLayouts.Partitions([.. placed.Select(p => new PlacedVolume(p.Volume.Extent, p.Onto.Partition.Extent))], [.. placed.SelectMany(BootPatches)]),
            [.. placed.Select(p => Item(p.Volume, p.Onto.Partition.Number))], Lost(placed.Select(p => p.Onto)), _warnings);
    }

    private (TransferVolume Volume, SurveyedVolume Onto) Place(PartitionMapping mapping)
    {
        var volume = volumes.FirstOrDefault(v => v.Number == mapping.From)
            ?? throw new UsageException($"{content.Name} has no partition {mapping.From}", "see: rescuekit image info");
        if (!volume.Included) throw new UsageException($"partition {mapping.From} is not part of {content.Name}", "see: rescuekit image info");
        var onto = target!.Volumes.FirstOrDefault(v => v.Partition.Number == OntoNumber(mapping))
            ?? throw new SafetyException($"{targetPath} has no partition {mapping.To}", "make it first, or name another: --partition N:M");
        var length = onto.Partition.Extent.Length;
        SafetyChecks.LargeEnough(IsVolume ? targetPath : $"{DiskSurvey.NameOf(onto.Partition)} of {targetPath}", length, volume.Extent.Length);
        if (volume.EndAnchored && length != volume.Extent.Length) throw EndAnchored(volume, volume.Extent.Length);
        if (length > volume.Extent.Length)
            _warnings.Add($"{(IsVolume ? targetPath : $"Partition {mapping.To}")} is larger than partition {mapping.From} was: the file system keeps its size.");
        return (volume, onto);
    }

    /// <summary>The target is itself a partition or a logical volume, without a table. A whole disk behind the device mapper (multipath) that has lost its table is none.</summary>
    private bool IsVolume => target is { Layout.Kind: PartitionTableKind.None }
        && (target.Disk.Geometry.Identity.Kind == "partition" || DiskInventory.IsLogicalVolume(targetPath));

    /// <summary>All of a volume has number 0, whatever number the partition had on its disk.</summary>
    private int OntoNumber(PartitionMapping mapping) => IsVolume ? 0 : mapping.To;

    private IEnumerable<BlockPatch> BootPatches((TransferVolume Volume, SurveyedVolume Onto) p)
    {
        using var volume = new BlockSourceSlice(content, p.Volume.Extent, $"{content.Name} partition {p.Volume.Number}");
        var (at, start) = (p.Onto.Partition.Extent.Offset, p.Onto.Partition.Extent.Offset + volumeStart);
        if (start == p.Volume.Extent.Offset) return [];
        return [.. BootSectorRelocation.Patches(volume, p.Volume.FileSystem, start, layout.SectorSize)
            .Select(patch => new BlockPatch(patch.Offset + at, patch.Bytes))];
    }

    /// <summary>A table counts in sectors of a size. A file system without one, in a file, need not: the file's sector size is a guess.</summary>
    private void CheckSectorSize(DiskGeometry onto)
    {
        if (layout.Kind != PartitionTableKind.None || !content.Geometry.SectorSizeIsGuess)
        {
            SafetyChecks.SameSectorSize(targetPath, onto, layout.Kind == PartitionTableKind.None ? content.Geometry.LogicalSectorSize : layout.SectorSize);
        }
        else if (!onto.SectorSizeIsGuess && onto.LogicalSectorSize > content.Geometry.LogicalSectorSize)
        {
            _warnings.Add($"{targetPath} has sectors of {onto.LogicalSectorSize} bytes; the content comes from a file, and a file system made for smaller ones will not mount.");
        }
    }

    private static SafetyException EndAnchored(TransferVolume volume, long length) => new(
        $"partition {volume.Number} ({volume.FileSystem}) keeps data at positions counted from the end, so it cannot go to a place of another size",
        $"choose a target of exactly {length} bytes");

    private static PlanItem Item(TransferVolume v, int? onto) => new(
        v.Number, onto, v.FileSystem, v.Label, v.Extent.Length, v.Included ? v.UsedBytes : 0, PlanItems.How(v.Included, v.Whole),
        v.Included ? v.WholeReason : null, v.Included ? v.AlternativeBytes : null);

    private long GapBytes() => ExtentSet.From(layout.Partitions.Select(p => p.Extent)).ComplementIn(new Extent(0, content.Length)).TotalLength;

    /// <summary>What is on the target now; adds to the warnings what is odd about it.</summary>
    public IReadOnlyList<string> LostWithTheDisk()
    {
        if (target is null) return [];
        _warnings.AddRange(target.Layout.Warnings.Select(w => $"{targetPath} as it is now: {w}"));
        return target.Layout.Partitions.Count > 0 ? Lost(target.Volumes) : [$"the whole disk: its content is not recognised, {target.Disk.Length} bytes"];
    }

    private static IReadOnlyList<string> Lost(IEnumerable<SurveyedVolume> volumes) =>
    [
        .. volumes.Where(v => v.Content.Type != "empty").Select(v =>
            $"{DiskSurvey.NameOf(v.Partition)}: {v.Content.Type}{(v.Content.Label is { Length: > 0 } label ? $" \"{label}\"" : "")}, {v.Partition.Extent.Length} bytes"),
    ];
}
