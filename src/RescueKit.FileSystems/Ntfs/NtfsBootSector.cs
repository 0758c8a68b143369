using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>What the boot sector says of a volume's geometry, every field checked against the others and the volume's size.</summary>
/// <remarks>Layout: Linux-NTFS documentation, "$Boot"; field offsets are in the comments. All integers are little-endian.</remarks>
internal sealed record NtfsBootSector
{
    /// <summary>Bytes of the sector that are looked at, whatever the volume's own sector size.</summary>
    public const int Size = 512;

    public const int MaxClusterSize = 2 << 20;

    /// <summary>Windows makes 1024 and 4096; anything beyond this bound is taken for damage.</summary>
    public const int MaxRecordSize = 64 << 10;

    public int SectorSize { get; private init; }
    public int ClusterSize { get; private init; }
    public int MftRecordSize { get; private init; }
    public long TotalSectors { get; private init; }
    public long MftCluster { get; private init; }
    public long MftMirrorCluster { get; private init; }
    public ulong SerialNumber { get; private init; }

    /// <summary>Bytes that the sector count covers. The backup boot sector is the sector right behind them.</summary>
    public long Length => TotalSectors * SectorSize;

    /// <summary>Whole clusters: a rest of the sectors belongs to none and has no bit in $Bitmap.</summary>
    public long ClusterCount => Length / ClusterSize;

    /// <summary>BitLocker ("-FVE-FS-") and ReFS have other words in the same place.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> sector) => sector.Slice(3, 8).SequenceEqual("NTFS    "u8);

    /// <exception cref="MalformedException">A field is impossible, or the volume is larger than what holds it.</exception>
    public static NtfsBootSector Parse(ReadOnlySpan<byte> sector, long volumeLength)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(sector[0x1FE..]) != 0xAA55)
            throw new MalformedException("the NTFS boot sector does not end in 55 AA");
        int sectorSize = BinaryPrimitives.ReadUInt16LittleEndian(sector[0x0B..]);
        if (!BitOperations.IsPow2(sectorSize) || sectorSize is < 256 or > 4096)
            throw new MalformedException($"the NTFS boot sector names {sectorSize} bytes per sector");
        CheckFieldsOfFat(sector);
        var clusterSize = ClusterSizeOf(sector[0x0D], sectorSize);

        var sectors = BinaryPrimitives.ReadInt64LittleEndian(sector[0x28..]);
        if (sectors <= 0 || sectors > volumeLength / sectorSize)
            throw new MalformedException($"the NTFS boot sector counts {sectors} sectors of {sectorSize} bytes, the volume has {volumeLength} bytes");
        var clusters = sectors * sectorSize / clusterSize;
        CheckRecordEncoding(sector[0x44], "index block");
        return new NtfsBootSector
        {
            SectorSize = sectorSize,
            ClusterSize = clusterSize,
            MftRecordSize = MftRecordSizeOf(sector[0x40], clusterSize),
            TotalSectors = sectors,
            MftCluster = Cluster(sector[0x30..], clusters, "$MFT"),
            MftMirrorCluster = Cluster(sector[0x38..], clusters, "$MFTMirr"),
            SerialNumber = BinaryPrimitives.ReadUInt64LittleEndian(sector[0x48..]),
        };
    }

    // Reserved sectors, FAT count, root entries, both old sector counts and sectors per FAT: zero on every NTFS.
    private static void CheckFieldsOfFat(ReadOnlySpan<byte> sector)
    {
        if (sector[0x0E..0x15].ContainsAnyExcept((byte)0) || sector[0x16..0x18].ContainsAnyExcept((byte)0)
            || sector[0x20..0x24].ContainsAnyExcept((byte)0))
            throw new MalformedException("the NTFS boot sector has values in fields of FAT");
    }

    // Up to 128 a plain count; 0xF0 to 0xFD are negative powers: 0xF4 is 2^12 sectors (2 MiB of 512-byte sectors).
    private static int ClusterSizeOf(byte encoded, int sectorSize)
    {
        long sectors = encoded switch
        {
            <= 128 => encoded,
            >= 0xF0 and <= 0xFD => 1L << (0x100 - encoded),
            _ => 0,
        };
        if (!BitOperations.IsPow2(sectors) || sectors * sectorSize > MaxClusterSize)
            throw new MalformedException($"the NTFS boot sector encodes sectors per cluster as {encoded}");
        return (int)(sectors * sectorSize);
    }

    private static void CheckRecordEncoding(byte encoded, string what)
    {
        var valid = encoded is >= 0xE1 and <= 0xF7 || (encoded <= 0x40 && BitOperations.IsPow2((int)encoded));
        if (!valid) throw new MalformedException($"the NTFS boot sector encodes the size of an {what} as {encoded}");
    }

    // A count of clusters, or where negative the power of two in bytes.
    private static int MftRecordSizeOf(byte encoded, int clusterSize)
    {
        CheckRecordEncoding(encoded, "MFT record");
        var size = encoded > 0x40 ? 1L << (0x100 - encoded) : (long)encoded * clusterSize;
        if (size is < FixupBlock.Stride or > MaxRecordSize)
            throw new MalformedException($"the NTFS boot sector gives MFT records {size} bytes");
        return (int)size;
    }

    private static long Cluster(ReadOnlySpan<byte> field, long clusters, string what)
    {
        var cluster = BinaryPrimitives.ReadInt64LittleEndian(field);
        if (cluster < 0 || cluster >= clusters)
            throw new MalformedException($"the NTFS boot sector puts {what} at cluster {cluster} of {clusters}");
        return cluster;
    }
}
