using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables.Gpt;
using RescueKit.Disks.PartitionTables.Mbr;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>Makes a GPT right on a disk of another size or with other ids, and repairs the copy that was damaged.</summary>
public static class GptRelocation
{
    /// <summary>
    /// What has to be written so that a GPT made for <paramref name="disk"/> is right on a disk of <paramref name="newLength"/> bytes:
    /// primary header (alternate LBA, last usable LBA, CRCs), backup array and header at the new end, protective MBR size.
    /// Empty for other tables, and for an equal length when everything is good. With an equal length a damaged copy is made anew from
    /// the good one, and a missing protective MBR is put in place; the header that a moved backup leaves behind is zeroed.
    /// </summary>
    /// <param name="ids">Other ids for the table and its partitions: all of it is written then; null for those that it has.</param>
    /// <exception cref="SafetyException">A partition or the primary's entries would end past the usable sectors of the new length.</exception>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource disk, DiskLayout layout, long newLength, TableIds? ids = null)
    {
        if (layout.Kind != PartitionTableKind.Gpt) return [];
        var reader = new SectorReader(disk);
        var table = GptTable.Read(reader, layout.SectorSize);
        if (table.Best is not { } best) return [];
        var moves = newLength / layout.SectorSize != disk.Length / layout.SectorSize;
        var agree = table is { Primary: { } primary, Backup: { } backup } && primary.SaysTheSameAs(backup);
        if (!moves && agree && ids is null)
        {
            var isMissing = reader.TryRead(0, 512) is { } sector && !MbrEntry.HasSignature(sector);
            return isMissing && ProtectiveMbr(reader, layout.SectorSize, newLength) is { } protective ? [protective] : [];
        }

        if (ids is not null) best = best.With(ids);
        var place = moves ? Placement.AtEnd(best, layout.SectorSize, newLength) : Placement.AsIs(table, best);
        foreach (var partition in layout.Partitions)
        {
            if (partition.Extent.End > (place.LastUsableLba + 1) * layout.SectorSize)
                throw new SafetyException($"partition {partition.Number} of {disk.Name} ends at {partition.Extent.End}, past what a GPT disk of {newLength} bytes can use",
                    "Choose a larger disk.");
        }
        if (moves && place.PrimaryEntriesLba + best.ArraySectors(layout.SectorSize) > place.BackupEntriesLba)
            throw new SafetyException($"the GPT of {disk.Name} has its entries at sector {place.PrimaryEntriesLba}, past what a disk of {newLength} bytes has room for",
                "Choose a larger disk.");
        var patches = new List<BlockPatch>();
        if (moves && table.Backup is not null && IsFree(layout, table.BackupLba, newLength))
            patches.Add(new BlockPatch(table.BackupLba * layout.SectorSize, new byte[layout.SectorSize]));
        if (ProtectiveMbr(reader, layout.SectorSize, newLength) is { } mbr) patches.Add(mbr);
        patches.Add(Header(best.Header.Moved(1, place.BackupLba, place.PrimaryEntriesLba, place.LastUsableLba), 1, layout.SectorSize));
        patches.Add(Array(best, place.PrimaryEntriesLba, layout.SectorSize));
        patches.Add(Array(best, place.BackupEntriesLba, layout.SectorSize));
        patches.Add(Header(best.Header.Moved(place.BackupLba, 1, place.BackupEntriesLba, place.LastUsableLba), place.BackupLba, layout.SectorSize));
        return patches;
    }

    private static BlockPatch Header(byte[] sector, long lba, int sectorSize) => new(lba * sectorSize, sector);

    private static BlockPatch Array(GptCopy copy, long lba, int sectorSize)
    {
        var bytes = new byte[copy.ArraySectors(sectorSize) * sectorSize];
        copy.Entries.CopyTo(bytes, 0);
        return new BlockPatch(lba * sectorSize, bytes);
    }

    /// <summary>The sector of the old backup header, where it lies on the new disk and in no partition.</summary>
    private static bool IsFree(DiskLayout layout, long lba, long newLength)
    {
        var sector = new Extent(lba * layout.SectorSize, layout.SectorSize);
        return sector.End <= newLength && !layout.Partitions.Any(partition => partition.Extent.Overlaps(sector));
    }

    /// <summary>
    /// Sets the protective entry's length. A hybrid MBR is its maker's business and stays; a missing one is made, since neither firmware nor
    /// kernel looks for a GPT without it. Null where nothing changes.
    /// </summary>
    private static BlockPatch? ProtectiveMbr(SectorReader reader, int sectorSize, long newLength)
    {
        if (reader.TryRead(0, 512) is not { } sector) return null;
        var hasSignature = MbrEntry.HasSignature(sector);
        var used = Enumerable.Range(0, MbrEntry.Count).Where(index => hasSignature && !MbrEntry.Parse(sector, index).IsEmpty).ToList();
        if (used.Count > 1 || (used.Count == 1 && !MbrEntry.Parse(sector, used[0]).IsProtective)) return null;
        var patched = (byte[])sector.Clone();
        if (!hasSignature) patched.AsSpan(MbrEntry.TableOffset, MbrEntry.Count * MbrEntry.Size).Clear();
        var entry = patched.AsSpan(MbrEntry.TableOffset + (used.Count == 1 ? used[0] : 0) * MbrEntry.Size, MbrEntry.Size);
        if (used.Count == 0)
        {
            // First sector 1 in both notations, last sector "beyond cylinders": UEFI specification, table 5.4.
            ReadOnlySpan<byte> protective = [0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00, 0x00];
            protective.CopyTo(entry);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], (uint)Math.Min(newLength / sectorSize - 1, uint.MaxValue));
        (patched[510], patched[511]) = (0x55, 0xaa);
        return patched.AsSpan().SequenceEqual(sector) ? null : new BlockPatch(0, patched);
    }

    /// <summary>Where the parts of a GPT go, in sectors.</summary>
    private sealed record Placement(long PrimaryEntriesLba, long BackupEntriesLba, long BackupLba, long LastUsableLba)
    {
        public static Placement AtEnd(GptCopy best, int sectorSize, long newLength)
        {
            var backup = newLength / sectorSize - 1;
            var entries = backup - best.ArraySectors(sectorSize);
            return new Placement(PrimaryEntries(best), entries, backup, entries - 1);
        }

        public static Placement AsIs(GptTable table, GptCopy best)
        {
            var entries = table.Backup?.Header.EntriesLba ?? table.BackupLba - best.ArraySectors(table.SectorSize);
            return new Placement(PrimaryEntries(best), entries, table.BackupLba, best.Header.LastUsableLba);
        }

        /// <summary>The backup header does not say where the primary's array is: after its header, as everyone puts it.</summary>
        private static long PrimaryEntries(GptCopy best) => best.Header.MyLba == 1 ? best.Header.EntriesLba : 2;
    }
}
