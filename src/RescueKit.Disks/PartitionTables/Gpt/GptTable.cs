namespace RescueKit.Disks.PartitionTables.Gpt;

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
/// <param name="BackupLba">Where the backup header is, or has to be.</param>
internal sealed record GptTable(GptCopy? Primary, GptCopy? Backup, long BackupLba, int SectorSize)
{
    /// <summary>
    /// Set where the primary is not good and a header has a right checksum all the same: somebody wrote it so. Linux then goes by one copy
    /// and sgdisk by the other, and nothing says which is meant; no copy is given.
    /// </summary>
    public bool IsAmbiguous { get; private init; }

    /// <summary>The copy that counts: the primary where it is good, as firmware and every tool do.</summary>
    public GptCopy? Best => Primary ?? Backup;

    public static GptTable Read(SectorReader reader, int sectorSize)
    {
        var last = reader.DiskLength / sectorSize - 1;
        var primary = GptCopy.Read(reader, 1, sectorSize);
        if (primary is null && (IsIntactNonsense(reader, 1, sectorSize) || IsIntactNonsense(reader, last, sectorSize)))
            return new GptTable(null, null, last, sectorSize) { IsAmbiguous = true };
        var claimed = primary?.Header.AlternateLba ?? last;
        if (GptCopy.Read(reader, claimed, sectorSize) is { } backup) return new GptTable(primary, backup, claimed, sectorSize);
        return claimed != last && GptCopy.Read(reader, last, sectorSize) is { } atTheEnd
            ? new GptTable(primary, atTheEnd, last, sectorSize)
            : new GptTable(primary, null, Math.Clamp(claimed, 1, Math.Max(1, last)), sectorSize);
    }

    private static bool IsIntactNonsense(SectorReader reader, long lba, int sectorSize)
    {
        var last = reader.DiskLength / sectorSize - 1;
        return lba >= 1 && lba <= last && reader.TryRead(lba * sectorSize, sectorSize) is { } sector
            && GptHeader.IsIntact(sector) && GptHeader.Parse(sector, lba, last) is null;
    }
}
