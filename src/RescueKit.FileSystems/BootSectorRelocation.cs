using System.Buffers.Binary;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>
/// Boot sectors that say where on the disk their volume begins. Boot code reads by that number, drivers do not. Only values that
/// differ and are not 0 are rewritten: 0 stands where whoever made the volume did not know or there was no partition, and nothing
/// relies on it. A start that does not fit the 32 bits of NTFS and FAT (2^32 sectors on) becomes 0 rather than a wrong number; no
/// BIOS boots from there.
/// </summary>
public static class BootSectorRelocation
{
    private const int SectorBytesRead = 512;
    private const int HiddenSectors = 0x1C;

    /// <summary>
    /// What has to be rewritten inside a volume (offsets relative to it) when it comes to lie at another place of a disk: the hidden
    /// sectors of NTFS and FAT boot sectors and their backups, exFAT's partition offset with both boot checksums. Empty for others,
    /// for damaged boot sectors, and where all is right already.
    /// </summary>
    /// <param name="type">As <see cref="VolumeContent.Type"/> has it.</param>
    /// <param name="newStart">Where the volume will begin, in bytes of the disk.</param>
    /// <param name="sectorSize">The disk's logical sector size, in which the fields count.</param>
    /// <exception cref="BlockReadException">A boot sector cannot be read.</exception>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource volume, string type, long newStart, int sectorSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(newStart);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sectorSize);
        var start = newStart / sectorSize;
        if (volume.Length < SectorBytesRead) return [];
        return type switch
        {
            "NTFS" => Ntfs(volume, start),
            "FAT12" or "FAT16" or "FAT32" => Fat(volume, start, isFat32: type == "FAT32"),
            "exFAT" => ExFatRelocation.Patches(volume, start),
            _ => [],
        };
    }

    private static List<BlockPatch> Ntfs(IBlockSource volume, long start)
    {
        var patches = new List<BlockPatch>();
        var sector = Sector(volume, 0);
        if (!NtfsBootSector.HasSignature(sector)) return patches;
        try
        {
            var boot = NtfsBootSector.Parse(sector, volume.Length);
            AddHiddenSectors(patches, sector, 0, start);
            // The backup is the sector behind those that the volume counts: the partition's last one.
            if (boot.Length > volume.Length - SectorBytesRead) return patches;
            var backup = Sector(volume, boot.Length);
            if (NtfsBootSector.HasSignature(backup)) AddHiddenSectors(patches, backup, boot.Length, start);
        }
        catch (MalformedException)
        {
            // Damaged: it stays as it is, so that a repair sees what was there.
        }
        return patches;
    }

    // Fields: Microsoft FAT specification, "Boot Sector and BPB". Without an extended boot signature the field may have 16 bits only.
    private static List<BlockPatch> Fat(IBlockSource volume, long start, bool isFat32)
    {
        var patches = new List<BlockPatch>();
        var sector = Sector(volume, 0);
        if (!IsFat(sector, isFat32)) return patches;
        AddHiddenSectors(patches, sector, 0, start);
        if (!isFat32) return patches;
        var backupAt = (long)BinaryPrimitives.ReadUInt16LittleEndian(sector.AsSpan(0x32)) * BinaryPrimitives.ReadUInt16LittleEndian(sector.AsSpan(0x0B));
        if (backupAt == 0 || backupAt > volume.Length - SectorBytesRead) return patches;
        var backup = Sector(volume, backupAt);
        // A copy has the same layout; anything else at this place is not a boot sector to be changed.
        if (IsFat(backup, isFat32) && backup.AsSpan(0x0B, 6).SequenceEqual(sector.AsSpan(0x0B, 6))) AddHiddenSectors(patches, backup, backupAt, start);
        return patches;
    }

    private static bool IsFat(byte[] sector, bool isFat32) =>
        BinaryPrimitives.ReadUInt16LittleEndian(sector.AsSpan(0x1FE)) == 0xAA55 && sector[isFat32 ? 0x42 : 0x26] is 0x28 or 0x29;

    private static void AddHiddenSectors(List<BlockPatch> patches, byte[] sector, long offset, long start)
    {
        var value = start > uint.MaxValue ? 0 : (uint)start;
        var old = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(HiddenSectors));
        if (old == 0 || old == value) return;
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        patches.Add(new BlockPatch(offset + HiddenSectors, bytes));
    }

    private static byte[] Sector(IBlockSource volume, long offset)
    {
        var sector = new byte[SectorBytesRead];
        volume.Read(offset, sector);
        return sector;
    }
}
