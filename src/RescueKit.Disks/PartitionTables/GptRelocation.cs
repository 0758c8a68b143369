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
    /// the good one, unless something else lies where it has to be, and a missing protective MBR is put in place; the header that a moved backup leaves
    /// behind is zeroed.
    /// </summary>
    /// <param name="ids">Other ids for the table and its partitions: all of it is written then; null for those that it has.</param>
    /// <exception cref="SafetyException">
    /// A partition or the primary's entries would end past the usable sectors of the new length, or an entry that is no partition has data where the table comes to lie.
    /// </exception>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource disk, DiskLayout layout, long newLength, TableIds? ids = null)
    {
        if (layout.Kind != PartitionTableKind.Gpt) return [];
        var reader = new SectorReader(disk);
        var table = GptTable.Read(reader, layout.SectorSize);
        if (table.Best is not { } best) return [];
        var moves = newLength / layout.SectorSize != disk.Length / layout.SectorSize;
        var isStuck = !moves && table.WhyNotRepaired(disk.Length) is not null;
        if (ids is null && (isStuck || (!moves && table.Agrees)))
        {
            var isMissing = reader.TryRead(0, 512) is { } sector && !MbrEntry.HasSignature(sector);
            return isMissing && ProtectiveMbr(reader, layout.SectorSize, newLength) is { } protective ? [protective] : [];
        }

        if (ids is not null) best = best.With(ids);
        var mbr = ProtectiveMbr(reader, layout.SectorSize, newLength);
        // Of the two copies that are to say the same, one cannot be made: the other one alone gets the ids.
        if (isStuck) return [.. mbr is null ? (BlockPatch[])[] : [mbr], .. InPlace(best, layout.SectorSize)];
        var place = Placement.Of(table, best, moves ? newLength / layout.SectorSize : null);
        if (moves) CheckRoom(disk, layout, table, best, place, newLength);
        var patches = new List<BlockPatch>();
        if (moves && table.Backup is not null && IsFree(layout, table.BackupLba, newLength))
            patches.Add(new BlockPatch(table.BackupLba * layout.SectorSize, new byte[layout.SectorSize]));
        if (mbr is not null) patches.Add(mbr);
        var (primaryAt, backupAt) = (place.Primary, place.Backup);
        patches.Add(Header(best.Header.Moved(1, backupAt.HeaderLba, primaryAt.EntriesLba, place.LastUsableLba), 1, layout.SectorSize));
        patches.Add(Array(best, primaryAt.EntriesLba, layout.SectorSize));
        patches.Add(Array(best, backupAt.EntriesLba, layout.SectorSize));
        patches.Add(Header(best.Header.Moved(backupAt.HeaderLba, 1, backupAt.EntriesLba, place.LastUsableLba), backupAt.HeaderLba, layout.SectorSize));
        return patches;
    }

    private static void CheckRoom(IBlockSource disk, DiskLayout layout, GptTable table, GptCopy best, Placement place, long newLength)
    {
        foreach (var partition in layout.Partitions)
        {
            if (partition.Extent.End > (place.LastUsableLba + 1) * layout.SectorSize)
                throw new SafetyException($"partition {partition.Number} of {disk.Name} ends at {partition.Extent.End}, past what a GPT disk of {newLength} bytes can use",
                    "Choose a larger disk.");
        }
        if (place.Primary.EntriesLba + place.Primary.ArraySectors > place.Backup.EntriesLba || best.Header.FirstUsableLba > place.LastUsableLba)
            throw new SafetyException($"the GPT of {disk.Name} has its entries at sector {place.Primary.EntriesLba} and uses what follows sector {best.Header.FirstUsableLba}, past what a disk of {newLength} bytes has room for",
                "Choose a larger disk.");
        if ((table.InTheWay(place.Primary, disk.Length) ?? table.InTheWay(place.Backup, disk.Length)) is { } entry)
            throw new SafetyException($"partition {entry.Number} of {disk.Name} lies where the GPT of a disk of {newLength} bytes has to be",
                $"Choose a disk of exactly {disk.Length} bytes, or one that is much larger; or repair the table first, with a partition editor.");
    }

    /// <summary>A copy where it lies.</summary>
    private static IReadOnlyList<BlockPatch> InPlace(GptCopy copy, int sectorSize)
    {
        var header = copy.Header;
        return [Array(copy, header.EntriesLba, sectorSize), Header(header.Moved(header.MyLba, header.AlternateLba, header.EntriesLba, header.LastUsableLba), header.MyLba, sectorSize)];
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

    /// <summary>Where the copies of a GPT go, and the last sector that partitions may use.</summary>
    private sealed record Placement(GptPlace Primary, GptPlace Backup, long LastUsableLba)
    {
        /// <param name="sectors">Of the new disk; null where all stays in place.</param>
        public static Placement Of(GptTable table, GptCopy best, long? sectors)
        {
            var (primary, backup) = table.Places(best);
            if (sectors is { } count) backup = backup with { HeaderLba = count - 1, EntriesLba = count - 1 - backup.ArraySectors };
            var isNew = sectors is not null || table.Backup?.Place(table.SectorSize) != backup;
            var room = isNew ? backup.EntriesLba - 1 : long.MaxValue;
            return new Placement(primary, backup, sectors is null ? Math.Min(best.Header.LastUsableLba, room) : room);
        }
    }
}
