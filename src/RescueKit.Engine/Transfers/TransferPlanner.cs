using RescueKit.Disks.PartitionTables;
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
internal sealed class TransferPlanner(
    IBlockSource content, DiskLayout layout, IReadOnlyList<TransferVolume> volumes, string targetPath, DiskSurvey? target)
{
    private readonly List<string> _warnings = [];

    public Transfer WholeDisk()
    {
        var length = target?.Disk.Length ?? content.Length;
        SafetyChecks.LargeEnough(targetPath, length, content.Length);
        if (target is not null)
        {
            SafetyChecks.SameSectorSize(
                targetPath, target.Disk.Geometry, layout.Kind == PartitionTableKind.None ? content.Geometry.LogicalSectorSize : layout.SectorSize);
            SafetyChecks.NoSetMember(target, target.Volumes.Select(v => v.Partition.Number));
        }
        if (length != content.Length && volumes.FirstOrDefault(v => v.AnchoredToDiskEnd) is { } anchored)
            throw EndAnchored(anchored, content.Length);
        foreach (var volume in volumes.Where(v => !v.Included))
            _warnings.Add($"Partition {volume.Number} is not part of the source: what lies there on the target stays as it is.");
        var included = volumes.Where(v => v.Included).ToList();
        return new Transfer(
            TargetLayouts.WholeDisk(
                content.Length, length, [.. included.Select(v => new PlacedVolume(v.Extent, v.Extent))],
                ExtentSet.From(volumes.Where(v => !v.Included).Select(v => v.Extent)), layout.TableAreas,
                target?.Layout.TableAreas ?? ExtentSet.Empty, [.. (target?.Volumes ?? []).Select(v => v.Partition.Extent)], GptRelocation.Patches(content, layout, length)),
            [.. volumes.Select(v => Item(v, v.Included ? v.Number : null)), PlanItems.Gaps(GapBytes())],
            Lost(target?.Volumes ?? []), _warnings);
    }

    public Transfer Partitions(IReadOnlyList<PartitionMapping> mappings)
    {
        if (target is null)
            throw new SafetyException($"{targetPath} does not exist, so it has no partition to restore into", "restore the whole disk, or name an existing disk");
        SafetyChecks.SameSectorSize(targetPath, target.Disk.Geometry, layout.SectorSize);
        if (mappings.GroupBy(m => m.To).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UsageException($"two partitions cannot go into partition {twice.Key}");
        if (mappings.GroupBy(m => m.From).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new UsageException($"partition {same.Key} is named twice");
        SafetyChecks.NoSetMember(target, mappings.Select(m => m.To));
        var placed = mappings.Select(m => Place(m)).ToList();
        _warnings.Add("Only the named partitions are restored: partition table, boot code and all other partitions stay as they are.");
        return new Transfer(
            TargetLayouts.Partitions([.. placed.Select(p => new PlacedVolume(p.Volume.Extent, p.Onto.Partition.Extent))], [.. placed.SelectMany(BootPatches)]),
            [.. placed.Select(p => Item(p.Volume, p.Onto.Partition.Number))], Lost(placed.Select(p => p.Onto)), _warnings);
    }

    private (TransferVolume Volume, SurveyedVolume Onto) Place(PartitionMapping mapping)
    {
        var volume = volumes.FirstOrDefault(v => v.Number == mapping.From)
            ?? throw new UsageException($"{content.Name} has no partition {mapping.From}", "see: rescuekit image info");
        if (!volume.Included) throw new UsageException($"partition {mapping.From} is not part of {content.Name}", "see: rescuekit image info");
        var onto = target!.Volumes.FirstOrDefault(v => v.Partition.Number == mapping.To)
            ?? throw new SafetyException($"{targetPath} has no partition {mapping.To}", "make it first, or name another: --partition N:M");
        var length = onto.Partition.Extent.Length;
        SafetyChecks.LargeEnough($"{DiskSurvey.NameOf(onto.Partition)} of {targetPath}", length, volume.Extent.Length);
        if (volume.EndAnchored && length != volume.Extent.Length) throw EndAnchored(volume, volume.Extent.Length);
        if (length > volume.Extent.Length)
            _warnings.Add($"Partition {mapping.To} is larger than partition {mapping.From} was: the file system keeps its size.");
        return (volume, onto);
    }

    private IEnumerable<BlockPatch> BootPatches((TransferVolume Volume, SurveyedVolume Onto) p)
    {
        using var volume = new BlockSourceSlice(content, p.Volume.Extent, $"{content.Name} partition {p.Volume.Number}");
        var start = p.Onto.Partition.Extent.Offset;
        if (start == p.Volume.Extent.Offset) return [];
        return [.. BootSectorRelocation.Patches(volume, p.Volume.FileSystem, start, layout.SectorSize)
            .Select(patch => new BlockPatch(patch.Offset + start, patch.Bytes))];
    }

    private static SafetyException EndAnchored(TransferVolume volume, long length) => new(
        $"partition {volume.Number} ({volume.FileSystem}) keeps data at positions counted from the end, so it cannot go to a place of another size",
        $"choose a target of exactly {length} bytes");

    private static PlanItem Item(TransferVolume v, int? onto) => new(
        v.Number, onto, v.FileSystem, v.Label, v.Extent.Length, v.Included ? v.UsedBytes : 0, PlanItems.How(v.Included, v.Whole),
        v.Included ? v.WholeReason : null, v.Included ? v.AlternativeBytes : null);

    private long GapBytes() => ExtentSet.From(layout.Partitions.Select(p => p.Extent)).ComplementIn(new Extent(0, content.Length)).TotalLength;

    private static IReadOnlyList<string> Lost(IEnumerable<SurveyedVolume> volumes) =>
    [
        .. volumes.Where(v => v.Content.Type != "empty").Select(v =>
            $"{DiskSurvey.NameOf(v.Partition)}: {v.Content.Type}{(v.Content.Label is { Length: > 0 } label ? $" \"{label}\"" : "")}, {v.Partition.Extent.Length} bytes"),
    ];
}
