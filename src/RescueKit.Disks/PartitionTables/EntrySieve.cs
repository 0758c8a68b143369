using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>
/// Decides which entries become partitions. A partition's file system says which of its bytes are free, and those are not imaged; so an
/// entry may count only when no other claims a byte of it. Everything dropped is gap, which is imaged whole: nothing is lost by dropping.
/// </summary>
/// <remarks>
/// Where two entries overlap, both are dropped: keeping one would call bytes free that the other uses. An entry that reaches past
/// the end of the disk is dropped, yet still claims its bytes against others. An entry that covers a table's sectors is dropped too.
/// </remarks>
internal static class EntrySieve
{
    /// <summary>Lines about dropped entries; a table of garbage would otherwise bury the reader.</summary>
    private const int MostWarnings = 20;

    public static IReadOnlyList<Partition> Sift(IReadOnlyList<TableEntry> entries, ExtentSet tableAreas, long diskLength, List<string> warnings)
    {
        var reasons = new Dictionary<TableEntry, string>(ReferenceEqualityComparer.Instance);
        foreach (var entry in entries)
        {
            if (entry.Refusal is { } refusal) reasons[entry] = refusal;
            else if (entry.Length <= 0) reasons[entry] = "has no length";
            else if (entry.Start >= diskLength || entry.End > diskLength) reasons[entry] = $"ends past the disk's {diskLength} bytes";
            else if (tableAreas.Overlaps(Extent.FromTo(entry.Start, entry.End))) reasons[entry] = "covers sectors of the partition table itself";
        }
        MarkOverlaps(entries, reasons);
        foreach (var entry in entries.Where(reasons.ContainsKey).Take(MostWarnings))
            warnings.Add($"Partition {entry.Number} ({entry.Length} bytes at {entry.Start}) {reasons[entry]}: its bytes are taken whole, not as a partition.");
        if (reasons.Count > MostWarnings) warnings.Add($"{reasons.Count - MostWarnings} more partition entries make no sense and are taken whole.");
        return
        [
            .. entries.Where(entry => !reasons.ContainsKey(entry)).OrderBy(entry => entry.Number)
                .Select(entry => new Partition(entry.Number, Extent.FromTo(entry.Start, entry.End), entry.Type, entry.TypeName, entry.Id, entry.Name)
                {
                    Attributes = entry.Attributes,
                }),
        ];
    }

    private static void MarkOverlaps(IReadOnlyList<TableEntry> entries, Dictionary<TableEntry, string> reasons)
    {
        TableEntry? furthest = null;
        foreach (var entry in entries.Where(entry => entry.Length > 0).OrderBy(entry => entry.Start))
        {
            if (furthest is not null && entry.Start < furthest.End)
            {
                reasons.TryAdd(entry, $"overlaps partition {furthest.Number}");
                reasons.TryAdd(furthest, $"overlaps partition {entry.Number}");
            }
            if (furthest is null || entry.End > furthest.End) furthest = entry;
        }
    }
}
