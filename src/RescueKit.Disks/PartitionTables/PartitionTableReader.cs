using RescueKit.Disks.PartitionTables.Gpt;
using RescueKit.Disks.PartitionTables.Mbr;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>
/// Finds out how a disk is divided. In doubt it names no partitions at all: then every byte is gap and is imaged whole, whereas a wrong
/// guess would let some stale file system call bytes free.
/// </summary>
public static class PartitionTableReader
{
    /// <summary>How much of a disk's front has to be blank before a lone backup GPT at its end is believed.</summary>
    private const int WipedFront = 1 << 20;

    /// <summary>
    /// Finds out how a disk is divided. Never throws for what the disk holds: entries that overlap, loop or lie outside the disk are left
    /// out (their bytes then count as gap, which is imaged whole) and named in the layout's warnings.
    /// </summary>
    /// <exception cref="DeviceGoneException">The disk has vanished.</exception>
    public static DiskLayout Read(IBlockSource disk)
    {
        var reader = new SectorReader(disk);
        var sector0 = reader.TryRead(0, 512);
        var gpt = ReadGpt(reader, disk.Geometry);
        if (gpt is { IsAmbiguous: true })
        {
            if (sector0 is null || !MbrEntry.HasSignature(sector0) || Entries(sector0).Exists(entry => entry.IsProtective))
                return Unknown(reader, disk, "A GPT header has a right checksum and fields that make no sense, so it is not known which copy is meant");
            gpt = null;
        }
        if (sector0 is null) return gpt is { Primary: not null } ? GptReader.ToLayout(reader, gpt) : Undivided(reader, disk);
        if (!MbrEntry.HasSignature(sector0)) return ReadWithoutMbr(reader, disk, gpt);

        var entries = Entries(sector0);
        var isProtected = entries.Exists(entry => entry.IsProtective) && (gpt is not null || entries.TrueForAll(entry => entry.HasSaneFlag));
        if (isProtected) return ReadProtected(reader, sector0, entries, gpt, disk);
        return ReadMbr(reader, sector0, entries, gpt, disk);
    }

    /// <summary>
    /// 55AA ends an MBR, but also the boot sector of FAT, NTFS and what boot loaders put in front of other file systems. Where both readings
    /// are possible the disk is taken whole.
    /// </summary>
    private static DiskLayout ReadMbr(SectorReader reader, byte[] sector0, List<MbrEntry> entries, GptTable? gpt, IBlockSource disk)
    {
        var used = entries.Where(entry => !entry.IsEmpty).ToList();
        var flagsAreSane = entries.TrueForAll(entry => entry.HasSaneFlag);
        var isBootRecord = VolumeSignatures.IsVolumeBootRecord(sector0);
        // A superblock beside a table in order is what an earlier use of the disk left in the gap before the first partition.
        var isTable = flagsAreSane && used.Count > 0 && used.TrueForAll(entry => IsInside(entry, disk)) && !isBootRecord;
        if (!isTable)
        {
            var front = ReadFront(reader);
            if (isBootRecord || VolumeSignatures.HasSuperblock(front))
            {
                return used.Exists(entry => entry.HasSaneFlag && IsInside(entry, disk))
                    ? Unknown(reader, disk, "The front of the disk reads both as a file system and as a partition table")
                    : Undivided(reader, disk);
            }
            if (VolumeSignatures.ForeignTable(front) is { } foreign) return Unknown(reader, disk, $"The disk has {foreign}");
            if (!flagsAreSane)
                return used.Count > 0 ? Unknown(reader, disk, "The first sector ends like an MBR, but its entries make no sense") : Undivided(reader, disk);
        }
        if (gpt is not null) reader.Warnings.Add("A GPT is left over from an earlier use of the disk; the MBR does not refer to it, and counts.");
        return MbrReader.Read(reader, sector0, SectorSizeOf(disk.Geometry));
    }

    private static List<MbrEntry> Entries(byte[] sector0) => [.. Enumerable.Range(0, MbrEntry.Count).Select(index => MbrEntry.Parse(sector0, index))];

    private static byte[] ReadFront(SectorReader reader) =>
        reader.TryRead(0, (int)Math.Min(reader.DiskLength, VolumeSignatures.ProbeLength)) ?? reader.TryRead(0, 512) ?? [];

    /// <summary>The disk's own sector size first; the other one for files, and for disks once used behind a bridge that translated.</summary>
    private static GptTable? ReadGpt(SectorReader reader, DiskGeometry geometry)
    {
        var own = SectorSizeOf(geometry);
        var table = GptTable.Read(reader, own);
        if (table.Best is not null || table.IsAmbiguous) return table;
        var other = own == 512 ? 4096 : 512;
        var translated = GptTable.Read(reader, other);
        if (translated.IsAmbiguous) return translated;
        if (translated.Best is null) return null;
        if (!geometry.SectorSizeIsGuess)
            reader.Warnings.Add($"The GPT counts in sectors of {other} bytes though the disk has {own}: it was made behind another controller.");
        return translated;
    }

    private static int SectorSizeOf(DiskGeometry geometry) =>
        geometry.LogicalSectorSize is var size && size is 512 or 1024 or 2048 or 4096 ? size : 512;

    /// <summary>An MBR that points to a GPT: protective, or hybrid with entries of its own, which the GPT overrides.</summary>
    private static DiskLayout ReadProtected(SectorReader reader, byte[] sector0, List<MbrEntry> entries, GptTable? gpt, IBlockSource disk)
    {
        var isHybrid = entries.Exists(entry => !entry.IsEmpty && !entry.IsProtective && !entry.IsBootMark);
        if (gpt is not null)
        {
            if (isHybrid) reader.Warnings.Add("The MBR is hybrid: it repeats partitions of the GPT, which counts.");
            return GptReader.ToLayout(reader, gpt);
        }
        if (!isHybrid) return Unknown(reader, disk, "The protective MBR refers to a GPT of which neither copy is good");
        reader.Warnings.Add("The hybrid MBR refers to a GPT of which neither copy is good; the MBR's own entries were used.");
        return MbrReader.Read(reader, sector0, SectorSizeOf(disk.Geometry));
    }

    /// <summary>
    /// No 55AA. A GPT is believed all the same where nothing else can live: with its primary in place and no superblock in sight, or with its
    /// backup behind a front that was wiped.
    /// </summary>
    private static DiskLayout ReadWithoutMbr(SectorReader reader, IBlockSource disk, GptTable? gpt)
    {
        var front = ReadFront(reader);
        if (VolumeSignatures.HasSuperblock(front)) return Undivided(reader, disk);
        if (VolumeSignatures.ForeignTable(front) is { } foreign) return Unknown(reader, disk, $"The disk has {foreign}");
        if (gpt is { Primary: not null } || (gpt is not null && IsWiped(reader)))
        {
            reader.Warnings.Add("The protective MBR is missing; the GPT was used.");
            return GptReader.ToLayout(reader, gpt);
        }
        return Undivided(reader, disk);
    }

    private static bool IsInside(MbrEntry entry, IBlockSource disk)
    {
        var sector = SectorSizeOf(disk.Geometry);
        return entry.FirstSector > 0 && entry.FirstSector < disk.Length / sector;
    }

    private static bool IsWiped(SectorReader reader) =>
        reader.TryRead(0, (int)Math.Min(WipedFront, reader.DiskLength)) is { } front && !front.AsSpan().ContainsAnyExcept((byte)0);

    private static DiskLayout Undivided(SectorReader reader, IBlockSource disk) => new()
    {
        Kind = PartitionTableKind.None,
        SectorSize = SectorSizeOf(disk.Geometry),
        Partitions = disk.Length == 0 ? [] : [new Partition(0, new Extent(0, disk.Length), "none")],
        Warnings = reader.Warnings,
    };

    private static DiskLayout Unknown(SectorReader reader, IBlockSource disk, string why)
    {
        reader.Warnings.Add($"{why}: the disk is taken whole.");
        return new DiskLayout { Kind = PartitionTableKind.None, SectorSize = SectorSizeOf(disk.Geometry), Warnings = reader.Warnings };
    }
}
