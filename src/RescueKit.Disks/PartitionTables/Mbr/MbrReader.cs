using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables.Mbr;

/// <summary>
/// The master boot record with its chain of extended boot records. Positions count in the disk's logical sectors; the MBR itself is
/// always the first 512 bytes.
/// </summary>
internal static class MbrReader
{
    /// <summary>More logical partitions than any tool makes; bounds the walk together with the set of visited sectors.</summary>
    private const int MostLogical = 256;

    public static DiskLayout Read(SectorReader reader, byte[] sector0, int sectorSize)
    {
        var entries = new List<TableEntry>();
        var areas = new ExtentSetBuilder();
        areas.Add(new Extent(0, Math.Min(sectorSize, reader.DiskLength)));
        var extendedSeen = false;
        for (var index = 0; index < MbrEntry.Count; index++)
        {
            var entry = MbrEntry.Parse(sector0, index);
            if (entry.IsEmpty || entry.IsProtective) continue;
            if (!entry.IsExtended)
            {
                entries.Add(ToEntry(entry, index + 1, 0, sectorSize));
            }
            else if (extendedSeen)
            {
                entries.Add(ToEntry(entry, index + 1, 0, sectorSize) with { Refusal = "is a second extended partition" });
            }
            else
            {
                extendedSeen = true;
                ReadLogical(reader, entry, index + 1, sectorSize, entries, areas);
            }
        }
        var tableAreas = areas.ToSet();
        var signature = BinaryPrimitives.ReadUInt32LittleEndian(sector0.AsSpan(MbrDiskId.Offset));
        return new DiskLayout
        {
            Kind = PartitionTableKind.Mbr,
            SectorSize = sectorSize,
            DiskId = signature == 0 ? null : $"{signature:x8}",
            Partitions = EntrySieve.Sift(entries, tableAreas, reader.DiskLength, reader.Warnings),
            TableAreas = tableAreas,
            Warnings = reader.Warnings,
        };
    }

    /// <summary>
    /// Follows the chain: each EBR's first entry is a logical partition counted from that EBR, its second the next EBR counted from the
    /// start of the extended partition. A chain that loops, leaves the extended partition or cannot be read ends there.
    /// </summary>
    private static void ReadLogical(
        SectorReader reader, MbrEntry extended, int number, int sectorSize, List<TableEntry> entries, ExtentSetBuilder areas)
    {
        var start = (long)extended.FirstSector * sectorSize;
        var end = start + (long)extended.SectorCount * sectorSize;
        var visited = new HashSet<long>();
        var next = 5;
        for (var position = start; visited.Add(position);)
        {
            if (visited.Count > MostLogical)
            {
                reader.Warnings.Add($"The extended partition {number} has more than {MostLogical} boot records: the rest is taken whole.");
                return;
            }
            var sector = reader.TryRead(position, 512);
            if (sector is null || !MbrEntry.HasSignature(sector))
            {
                reader.Warnings.Add($"The chain of logical partitions breaks at offset {position}: what would follow is taken whole.");
                return;
            }
            areas.Add(new Extent(position, Math.Min(sectorSize, reader.DiskLength - position)));
            long? link = null;
            for (var index = 0; index < MbrEntry.Count; index++)
            {
                var entry = MbrEntry.Parse(sector, index);
                if (entry.IsEmpty) continue;
                if (entry.IsExtended) link ??= start + (long)entry.FirstSector * sectorSize;
                else entries.Add(Logical(entry, next++, position, sectorSize, end));
            }
            if (link is not { } following) return;
            if (following <= start || following >= end)
            {
                reader.Warnings.Add($"The chain of logical partitions leaves its extended partition towards offset {following}: it ends there.");
                return;
            }
            position = following;
        }
        reader.Warnings.Add($"The chain of logical partitions in entry {number} runs in a circle: it was cut.");
    }

    private static TableEntry Logical(MbrEntry entry, int number, long position, int sectorSize, long end)
    {
        var logical = ToEntry(entry, number, position, sectorSize);
        return logical.End > end ? logical with { Refusal = "ends past its extended partition" } : logical;
    }

    private static TableEntry ToEntry(MbrEntry entry, int number, long origin, int sectorSize) =>
        new(number, origin + (long)entry.FirstSector * sectorSize, (long)entry.SectorCount * sectorSize,
            $"0x{entry.Type:x2}", MbrTypeNames.Of(entry.Type))
        { Attributes = entry.BootFlag };
}
