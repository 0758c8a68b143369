using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>Turns the better copy of a GPT into a layout.</summary>
internal static class GptReader
{
    public static DiskLayout ToLayout(SectorReader reader, GptTable table)
    {
        var best = table.Best ?? throw new MalformedException("neither copy of the GPT is good");
        Warn(reader, table);
        var areas = AreasOf(table, best, reader.DiskLength);
        return new DiskLayout
        {
            Kind = PartitionTableKind.Gpt,
            SectorSize = table.SectorSize,
            DiskId = best.Header.DiskId.ToString(),
            Partitions = EntrySieve.Sift([.. best.InUse(table.SectorSize)], areas, reader.DiskLength, reader.Warnings),
            TableAreas = areas,
            Warnings = reader.Warnings,
        };
    }

    private static void Warn(SectorReader reader, GptTable table)
    {
        if (table.Primary is null)
            reader.Warnings.Add("The primary GPT is damaged; the backup at the end of the disk was used.");
        else if (table.Backup is null)
            reader.Warnings.Add("The backup GPT is missing or damaged; the primary is good.");
        else if (!table.Primary.SaysTheSameAs(table.Backup))
            reader.Warnings.Add("The backup GPT differs from the primary; the primary was used.");
        if (table.WhyNotRepaired(reader.DiskLength) is { } why)
            reader.Warnings.Add($"On a disk of the same size that stays so: {why}.");
        if (table.Best!.Header.AlternateLba != 1 && table.BackupLba != reader.DiskLength / table.SectorSize - 1)
            reader.Warnings.Add("The GPT does not reach to the end of the disk: the disk was enlarged, or copied from a smaller one.");
    }

    /// <summary>
    /// Protective MBR, both headers and both arrays; of a damaged copy the places where it has to be. A partition that the good copy puts
    /// there is dropped by the sieve: taken whole it is safe either way.
    /// </summary>
    private static ExtentSet AreasOf(GptTable table, GptCopy best, long diskLength)
    {
        var disk = new Extent(0, diskLength);
        var arraySectors = best.ArraySectors(table.SectorSize);
        var areas = new ExtentSetBuilder();
        AddSectors(areas, 0, 1, table.SectorSize, disk);
        AddCopy(areas, table.Primary, 1, 2, arraySectors, table.SectorSize, disk);
        AddCopy(areas, table.Backup, table.BackupLba, table.BackupLba - arraySectors, arraySectors, table.SectorSize, disk);
        return areas.ToSet();
    }

    private static void AddCopy(
        ExtentSetBuilder areas, GptCopy? copy, long headerLba, long arrayLba, long arraySectors, int sectorSize, Extent disk)
    {
        AddSectors(areas, headerLba, 1, sectorSize, disk);
        AddSectors(areas, copy?.Header.EntriesLba ?? arrayLba, copy?.ArraySectors(sectorSize) ?? arraySectors, sectorSize, disk);
    }

    private static void AddSectors(ExtentSetBuilder areas, long lba, long count, int sectorSize, Extent disk)
    {
        if (lba >= 0 && lba < disk.End / sectorSize) areas.Add(new Extent(lba * sectorSize, count * sectorSize).Intersect(disk));
    }
}
