using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>Where a copy of a GPT is, or has to be: its header and its entry array, in sectors.</summary>
internal sealed record GptPlace(long HeaderLba, long EntriesLba, long ArraySectors)
{
    /// <summary>Bytes of the disk. Only of a place that a disk can have.</summary>
    public ExtentSet Area(int sectorSize) =>
        ExtentSet.Of(new Extent(HeaderLba * sectorSize, sectorSize), new Extent(EntriesLba * sectorSize, ArraySectors * sectorSize));
}

/// <summary>One of a disk's two copies of the GPT: a header that is right, with an entry array whose checksum is right.</summary>
internal sealed record GptCopy(GptHeader Header, byte[] Entries)
{
    public static GptCopy? Read(SectorReader reader, long lba, int sectorSize)
    {
        var last = reader.DiskLength / sectorSize - 1;
        if (lba < 1 || lba > last) return null;
        if (reader.TryRead(lba * sectorSize, sectorSize) is not { } sector || GptHeader.Parse(sector, lba, last) is not { } header) return null;
        if (header.EntriesLba > last) return null;
        var entries = reader.TryRead(header.EntriesLba * sectorSize, header.ArrayLength);
        return entries is not null && Crc32.Of(entries) == header.EntriesCrc ? new GptCopy(header, entries) : null;
    }

    public long ArraySectors(int sectorSize) => (Entries.Length + sectorSize - 1) / sectorSize;

    public GptPlace Place(int sectorSize) => new(Header.MyLba, Header.EntriesLba, ArraySectors(sectorSize));

    /// <summary>The entries that are in use, whatever they say.</summary>
    public IEnumerable<TableEntry> InUse(int sectorSize)
    {
        for (var index = 0; index < Header.EntryCount; index++)
        {
            if (GptEntry.Parse(Entries.AsSpan(index * Header.EntrySize, Header.EntrySize), index + 1, sectorSize) is { } entry) yield return entry;
        }
    }

    /// <summary>The same partitions with other ids.</summary>
    public GptCopy With(TableIds ids)
    {
        var entries = (byte[])Entries.Clone();
        foreach (var (number, id) in ids.Partitions) GptEntry.SetId(entries.AsSpan((number - 1) * Header.EntrySize, Header.EntrySize), new Guid(id));
        return new GptCopy(Header.With(ids.Disk is { } disk ? new Guid(disk) : Header.DiskId, Crc32.Of(entries)), entries);
    }

    public bool SaysTheSameAs(GptCopy other) =>
        Header.DiskId == other.Header.DiskId && Header.FirstUsableLba == other.Header.FirstUsableLba && Entries.AsSpan().SequenceEqual(other.Entries);
}

/// <summary>Both copies as far as they are good.</summary>
/// <param name="BackupLba">Where the backup header is, or has to be: at the end of the disk, whatever the primary says, where none is good.</param>
internal sealed record GptTable(GptCopy? Primary, GptCopy? Backup, long BackupLba, int SectorSize)
{
    /// <summary>
    /// Set where the primary is not good and a header has a right checksum all the same: somebody wrote it so. Linux then goes by one copy
    /// and sgdisk by the other, and nothing says which is meant; no copy is given.
    /// </summary>
    public bool IsAmbiguous { get; private init; }

    /// <summary>The copy that counts: the primary where it is good, as firmware and every tool do.</summary>
    public GptCopy? Best => Primary ?? Backup;

    /// <summary>Both copies are good, and say the same.</summary>
    public bool Agrees => Primary is not null && Backup is not null && Primary.SaysTheSameAs(Backup);

    public static GptTable Read(SectorReader reader, int sectorSize)
    {
        var last = reader.DiskLength / sectorSize - 1;
        var primary = GptCopy.Read(reader, 1, sectorSize);
        if (primary is null && (IsIntactNonsense(reader, 1, sectorSize) || IsIntactNonsense(reader, last, sectorSize)))
            return new GptTable(null, null, last, sectorSize) { IsAmbiguous = true };
        var claimed = primary?.Header.AlternateLba ?? last;
        if (GptCopy.Read(reader, claimed, sectorSize) is { } backup) return new GptTable(primary, backup, claimed, sectorSize);
        return new GptTable(primary, claimed == last ? null : GptCopy.Read(reader, last, sectorSize), last, sectorSize);
    }

    /// <summary>Where the copies of the table that counts are, or have to be, on this disk: the array of a primary that is damaged follows its header, as everyone puts it.</summary>
    public (GptPlace Primary, GptPlace Backup) Places(GptCopy best)
    {
        var array = best.ArraySectors(SectorSize);
        return (Primary?.Place(SectorSize) ?? new GptPlace(1, 2, array),
            Backup?.Place(SectorSize) is { } place && place.ArraySectors == array ? place : new GptPlace(BackupLba, BackupLba - array, array));
    }

    /// <summary>
    /// An entry of the table that counts, a partition or not, that has bytes of this disk where a copy of the table is to be written; null where there is none.
    /// What a good copy lies on is the table's, whatever an entry says.
    /// </summary>
    public TableEntry? InTheWay(GptPlace place, long diskLength)
    {
        var area = place.Area(SectorSize).Clip(new Extent(0, diskLength));
        foreach (var copy in new[] { Primary, Backup })
        {
            if (copy is not null) area = area.Except(copy.Place(SectorSize).Area(SectorSize));
        }
        return Best!.InUse(SectorSize).FirstOrDefault(entry => entry.Length > 0 && area.Overlaps(Extent.FromTo(entry.Start, entry.End)));
    }

    /// <summary>Why a copy that is damaged, missing or different cannot be made anew on this disk, as the end of a sentence; null where it can, or need not be.</summary>
    public string? WhyNotRepaired(long diskLength)
    {
        if (Best is not { } best || Agrees) return null;
        var (primary, backup) = Places(best);
        if (!AreApart(primary, backup)) return "the good one lies where it has to be";
        if (Primary is not null && Backup is null && best.Header.FirstUsableLba >= backup.EntriesLba) return "it would leave no room for partitions";
        return InTheWay(Primary is null ? primary : backup, diskLength) is { } entry ? $"partition {entry.Number} lies where it has to be" : null;
    }

    /// <summary>Whether no sector is of both copies, or of one of them twice, or of the backup and in front of the disk.</summary>
    private bool AreApart(GptPlace primary, GptPlace backup)
    {
        if (backup.EntriesLba < 2) return false;
        var front = primary.Area(SectorSize).Union(ExtentSet.Of(new Extent(0, 2L * SectorSize)));
        var behind = backup.Area(SectorSize);
        return front.Intersect(behind).IsEmpty && behind.TotalLength == (backup.ArraySectors + 1) * SectorSize;
    }

    private static bool IsIntactNonsense(SectorReader reader, long lba, int sectorSize)
    {
        var last = reader.DiskLength / sectorSize - 1;
        return lba >= 1 && lba <= last && reader.TryRead(lba * sectorSize, sectorSize) is { } sector
            && GptHeader.IsIntact(sector) && GptHeader.Parse(sector, lba, last) is null;
    }
}
