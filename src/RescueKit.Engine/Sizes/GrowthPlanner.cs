using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>Finds out which partition can be grown, and how far. Pure: sees numbers, no disk.</summary>
/// <param name="layout">Of the source: it is the target's, too, once that has been written.</param>
internal sealed class GrowthPlanner(DiskLayout layout, IReadOnlyList<TransferVolume> volumes, long sourceLength)
{
    /// <summary>What tools align partitions to; bytes.</summary>
    public const long Alignment = 1 << 20;

    /// <summary>A backup GPT has at least room for 128 entries of 128 bytes (UEFI specification, 5.3.1), then a header in one sector.</summary>
    private const long LeastGptArray = 128 * 128;

    /// <param name="partition">Null for the last one.</param>
    /// <param name="disk">The target's path.</param>
    /// <param name="targetLength">Bytes; null where the target is a file that is yet to be made.</param>
    /// <param name="hasRoom">What lies behind it has been put where it is to stay: it grows up to that.</param>
    /// <returns>Null where it ends at the disk's end already.</returns>
    /// <exception cref="SafetyException">Something lies in the way.</exception>
    /// <exception cref="UsageException">There is no such partition, or no larger disk.</exception>
    public Growth? Plan(int? partition, string disk, long? targetLength, bool hasRoom = false)
    {
        if (targetLength is not { } length)
            throw new UsageException($"{disk} is not there yet, and would be made as large as the source: there is nothing to grow into", $"make it first, as large as it has to be: truncate -s SIZE {disk}");
        var found = Choose(partition);
        if (volumes.FirstOrDefault(v => v.Number == found.Number) is not { Included: true } volume)
            throw new UsageException($"partition {found.Number} is not part of the source, so it is not grown", "leave --grow out");
        if (!hasRoom) RefuseWhatIsBehind(found);
        var end = Math.Min(UsableEnd(length), AlignDown(StartOfNext(found)));
        if (end <= found.Extent.End) return null;
        RefuseWhatIsNotKnown(found);
        return new Growth(disk, found.Number, layout.Kind, layout.SectorSize, volume.FileSystem, found.Extent, end);
    }

    /// <summary>The end of what partitions may use on a disk of a length, aligned; bytes.</summary>
    public long UsableEnd(long length) => layout.Kind switch
    {
        PartitionTableKind.Gpt => AlignDown(length - BackupGpt()),
        // Entries have 32 bits.
        PartitionTableKind.Mbr => AlignDown(Math.Min(length, (long)uint.MaxValue * layout.SectorSize)),
        _ => length,
    };

    private static long AlignDown(long position) => position - position % Alignment;

    private long BackupGpt()
    {
        var known = layout.TableAreas.Where(area => area.Offset > sourceLength - Alignment).Sum(area => area.Length);
        return Math.Max(known, LeastGptArray + layout.SectorSize);
    }

    private Partition Choose(int? number)
    {
        var list = string.Join(", ", layout.Partitions.Select(p => p.Number));
        return (number is { } wanted ? layout.Partitions.FirstOrDefault(p => p.Number == wanted) : layout.Partitions.MaxBy(p => p.Extent.End))
            ?? throw new UsageException(number is null ? "the source has no partition that could be grown" : $"the source has no partition {number}", list.Length > 0 ? $"it has {list}" : "leave --grow out");
    }

    /// <summary>Of the next partition, or of the boot record of the next logical one.</summary>
    private long StartOfNext(Partition grown) => layout.Partitions.Select(p => p.Extent.Offset)
        .Concat(layout.Kind == PartitionTableKind.Mbr ? layout.TableAreas.Select(area => area.Offset) : [])
        .Where(offset => offset >= grown.Extent.End).DefaultIfEmpty(long.MaxValue).Min();

    private void RefuseWhatIsBehind(Partition grown)
    {
        var behind = layout.Partitions.Where(p => p.Extent.Offset >= grown.Extent.End).OrderBy(p => p.Extent.Offset).ToList();
        if (behind.Count > 0)
        {
            var names = string.Join(", ", behind.Select(p => $"partition {p.Number} ({volumes.FirstOrDefault(v => v.Number == p.Number)?.FileSystem ?? "unknown"}, {p.Extent.Length} bytes)"));
            throw new SafetyException(
                $"partition {grown.Number} cannot grow: behind it lies {names}",
                "make an image of the disk, and restore that: what lies behind the partition is moved then");
        }
        // An extended partition that is empty is none of the layout's partitions.
        if (layout.Kind == PartitionTableKind.Mbr && layout.TableAreas.Any(area => area.Offset >= grown.Extent.End))
            throw new SafetyException($"partition {grown.Number} cannot grow: behind it lies an extended partition", "restore without --grow and take that away with a partition editor");
    }

    /// <summary>
    /// An MBR's entry that is none of the layout's partitions (it ends past the disk, or behind a boot record that is unreadable) lies there all the same, and on a larger
    /// disk it may be right again. Nothing but the warnings tells of it.
    /// </summary>
    private void RefuseWhatIsNotKnown(Partition grown)
    {
        if (layout is { Kind: PartitionTableKind.Mbr, Warnings: [var odd, ..] })
        {
            throw new SafetyException(
                $"partition {grown.Number} cannot grow: the partition table is not in order, so what lies behind it is not known: {odd}",
                "restore without --grow; then put the table in order with a partition editor, and grow the partition with that");
        }
    }
}
