using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>
/// The BIOS parameter block of a FAT volume. Source: "Microsoft FAT Specification" (fatgen103), sections 3 and 3.5.
/// Offsets in the comments are those of the specification.
/// </summary>
internal sealed record FatBootSector
{
    public const int Size = 512;

    /// <summary>Fewer clusters than this make a volume FAT12, fewer than the next FAT16 (specification, 3.5).</summary>
    private const uint Fat12Clusters = 4085;
    private const uint Fat16Clusters = 65525;

    /// <summary>Higher cluster numbers would collide with the bad-cluster and end marks.</summary>
    private const uint Fat32Clusters = 0x0FFFFFF5;

    public required int SectorSize { get; init; }
    public required int ClusterSize { get; init; }

    /// <summary>Bits of one FAT entry: 12, 16 or 32.</summary>
    public required int EntryBits { get; init; }
    public required byte Media { get; init; }

    /// <summary>First FAT, in bytes; the copies follow each other.</summary>
    public required long FatOffset { get; init; }

    /// <summary>Bytes of one copy.</summary>
    public required long FatLength { get; init; }
    public required int FatCount { get; init; }

    /// <summary>The fixed root directory of FAT12 and FAT16, in bytes; empty on FAT32.</summary>
    public required Extent FixedRoot { get; init; }

    /// <summary>First cluster of FAT32's root directory; 0 on the others.</summary>
    public required uint RootCluster { get; init; }
    public required long HeapOffset { get; init; }
    public required uint ClusterCount { get; init; }

    /// <summary>All sectors the boot sector claims, in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>The bit that Windows and Linux set while the volume is mounted.</summary>
    public required bool IsDirty { get; init; }
    public required string? Serial { get; init; }
    public required string? Label { get; init; }

    public string TypeName => $"FAT{EntryBits}";

    /// <summary>Where a cluster (counted from 2) begins.</summary>
    public long OffsetOf(uint cluster) => HeapOffset + (cluster - 2) * (long)ClusterSize;

    public bool IsCluster(uint number) => number >= 2 && number - 2 < ClusterCount;

    /// <summary>Null where the sector is not a FAT boot sector.</summary>
    /// <param name="sector">The first 512 bytes.</param>
    /// <param name="volumeLength">Bytes of the volume.</param>
    /// <exception cref="MalformedException">It is one, and contradicts itself, the volume, or what this reader knows.</exception>
    public static FatBootSector? Parse(ReadOnlySpan<byte> sector, long volumeLength)
    {
        if (!IsFat(sector)) return null;

        int sectorSize = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x0B..]);
        if (!BitOperations.IsPow2(sectorSize) || sectorSize is < 512 or > 4096)
            throw new MalformedException($"its boot sector gives {sectorSize} bytes per sector");
        int perCluster = sector[0x0D];
        if (!BitOperations.IsPow2(perCluster)) throw new MalformedException($"its boot sector gives {perCluster} sectors per cluster");
        long reserved = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x0E..]);
        if (reserved == 0) throw new MalformedException("its boot sector leaves no reserved sector");
        int fats = sector[0x10];
        if (fats is not (1 or 2)) throw new MalformedException($"it has {fats} FATs, and only 1 or 2 are understood");
        int rootEntries = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x11..]);
        if (rootEntries % 16 != 0) throw new MalformedException($"its root directory of {rootEntries} entries ends inside a sector");

        long sectors = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x13..]);
        if (sectors == 0) sectors = BinaryPrimitives.ReadUInt32LittleEndian(sector[0x20..]);
        if (sectors * sectorSize > volumeLength)
            throw new MalformedException($"its boot sector claims {sectors * sectorSize} bytes and the volume has {volumeLength}");

        long fatSectors = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x16..]);
        var isFat32 = fatSectors == 0;
        if (isFat32) fatSectors = BinaryPrimitives.ReadUInt32LittleEndian(sector[0x24..]);
        if (fatSectors == 0) throw new MalformedException("its boot sector gives the FAT no sectors");
        if (isFat32) CheckReserved(sector, reserved);

        var rootSector = reserved + fats * fatSectors;
        var rootSectors = (rootEntries * 32L + sectorSize - 1) / sectorSize;
        var heapSector = rootSector + rootSectors;
        if (heapSector + perCluster > sectors)
            throw new MalformedException($"its {sectors} sectors have no room for a cluster behind {heapSector} sectors of tables");
        var clusters = (sectors - heapSector) / perCluster;
        var entryBits = EntryBitsOf(clusters, isFat32);
        if ((clusters + 2) * entryBits > fatSectors * sectorSize * 8)
            throw new MalformedException($"its FAT of {fatSectors} sectors has no room for {clusters} clusters");
        var rootCluster = isFat32 ? RootClusterOf(sector, rootEntries, clusters) : 0;
        if (!isFat32 && rootEntries == 0) throw new MalformedException("its root directory has no entries");

        var extended = isFat32 ? 0x40 : 0x24;
        var hasSerial = sector[extended + 2] is 0x28 or 0x29;
        return new FatBootSector
        {
            SectorSize = sectorSize,
            ClusterSize = perCluster * sectorSize,
            EntryBits = entryBits,
            Media = sector[0x15],
            FatOffset = reserved * sectorSize,
            FatLength = fatSectors * sectorSize,
            FatCount = fats,
            FixedRoot = new Extent(rootSector * sectorSize, rootSectors * sectorSize),
            RootCluster = rootCluster,
            HeapOffset = heapSector * sectorSize,
            ClusterCount = (uint)clusters,
            Length = sectors * sectorSize,
            IsDirty = (sector[extended + 1] & 1) != 0,
            Serial = hasSerial || isFat32 ? FormatSerial(sector[(extended + 3)..]) : null,
            Label = sector[extended + 2] == 0x29 ? FatLabel.Decode(sector.Slice(extended + 7, FatLabel.Length)) : null,
        };
    }

    /// <summary>As blkid prints FAT's and exFAT's volume serial number.</summary>
    public static string FormatSerial(ReadOnlySpan<byte> serial)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(serial);
        return $"{value >> 16:X4}-{value & 0xFFFF:X4}";
    }

    /// <summary>
    /// The specification goes by the cluster count alone; mkfs.fat makes FAT32 with fewer clusters too, and every driver then goes
    /// by the 16-bit FAT size being 0.
    /// </summary>
    private static int EntryBitsOf(long clusters, bool isFat32)
    {
        if (isFat32)
            return clusters <= Fat32Clusters ? 32 : throw new MalformedException($"{clusters} clusters are too many for FAT32");
        if (clusters >= Fat16Clusters) throw new MalformedException($"{clusters} clusters are too many for FAT16");
        return clusters < Fat12Clusters ? 12 : 16;
    }

    private static uint RootClusterOf(ReadOnlySpan<byte> sector, int rootEntries, long clusters)
    {
        var version = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x2A..]);
        if (version != 0) throw new MalformedException($"its FAT32 version is {version >> 8}.{version & 0xFF}, and only 0.0 is known");
        if (rootEntries != 0) throw new MalformedException("it is FAT32 with the fixed root directory of FAT16");
        var root = BinaryPrimitives.ReadUInt32LittleEndian(sector[0x2C..]);
        if (root < 2 || root - 2 >= clusters) throw new MalformedException($"its root directory begins at cluster {root} of {clusters}");
        return root;
    }

    /// <summary>FSInfo and the backup boot sector lie among the reserved sectors; 0 means that there is none.</summary>
    private static void CheckReserved(ReadOnlySpan<byte> sector, long reserved)
    {
        int information = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x30..]), backup = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x32..]);
        if (information >= reserved || backup >= reserved)
            throw new MalformedException($"its FSInfo at sector {information} or backup boot sector at {backup} lies outside the {reserved} reserved sectors");
    }

    /// <summary>A boot signature with a jump, or a name where FAT has it; and not another system's boot sector of the same shape.</summary>
    private static bool IsFat(ReadOnlySpan<byte> sector)
    {
        var oem = sector.Slice(3, 8);
        if (oem.SequenceEqual("NTFS    "u8) || oem.SequenceEqual("EXFAT   "u8) || oem.SequenceEqual("-FVE-FS-"u8)) return false;
        var name = sector.Slice(0x36, 8);
        if (name.SequenceEqual("JFS     "u8) || name.SequenceEqual("HPFS    "u8)) return false;
        if (name.StartsWith("FAT12   "u8) || name.StartsWith("FAT16   "u8) || name.StartsWith("FAT     "u8) || name.StartsWith("MSDOS"u8))
            return true;
        var name32 = sector.Slice(0x52, 8);
        if (name32.StartsWith("FAT32   "u8) || name32.StartsWith("MSWIN"u8)) return true;

        var jumps = sector[0] is 0xEB or 0xE9;
        var bootable = sector[510] == 0x55 && sector[511] == 0xAA;
        int sectorSize = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x0B..]);
        return jumps && bootable && sector[0x15] is 0xF0 or >= 0xF8 && sector[0x10] is 1 or 2 && BitOperations.IsPow2(sector[0x0D])
            && BitOperations.IsPow2(sectorSize) && sectorSize is >= 512 and <= 4096;
    }
}
