using System.Buffers.Binary;
using RescueKit.FileSystems.Fat;
using RescueKit.Model;

namespace RescueKit.FileSystems.ExFat;

/// <summary>
/// One of exFAT's two boot regions of 12 sectors: boot sector, 8 extended ones, OEM parameters, a reserved one, and the checksum of
/// all these, repeated through the last. Source: "exFAT file system specification" (Microsoft), section 3.
/// </summary>
internal sealed record ExFatBootRegion
{
    public const int Sectors = 12;

    private const int MaxSectorShift = 12;
    private const int MaxClusterShift = 25;

    public required int SectorSize { get; init; }
    public required int ClusterSize { get; init; }
    public required long Length { get; init; }
    public required long FatOffset { get; init; }
    public required long FatLength { get; init; }
    public required long HeapOffset { get; init; }
    public required uint ClusterCount { get; init; }
    public required uint RootCluster { get; init; }
    public required string Serial { get; init; }

    /// <summary>Set while mounted for writing (volume flags, bit 1).</summary>
    public required bool IsDirty { get; init; }

    /// <summary>Set when the system met failures of the medium (volume flags, bit 2).</summary>
    public required bool HasMediaFailure { get; init; }

    public long OffsetOf(uint cluster) => HeapOffset + (cluster - 2) * (long)ClusterSize;

    public bool IsCluster(uint number) => number >= 2 && number - 2 < ClusterCount;

    /// <summary>True where the sector carries exFAT's name; nothing else is looked at.</summary>
    public static bool HasName(ReadOnlySpan<byte> sector) => sector.Slice(3, 8).SequenceEqual("EXFAT   "u8);

    /// <summary>The sector size that a boot sector claims, or 0 where it claims none that exFAT allows.</summary>
    public static int SectorSizeIn(ReadOnlySpan<byte> sector) => sector[108] is >= 9 and <= MaxSectorShift ? 1 << sector[108] : 0;

    /// <param name="region">All 12 sectors, of the size that their boot sector claims.</param>
    /// <param name="volumeLength">Bytes of the volume.</param>
    /// <exception cref="MalformedException">The checksum is wrong, or fields contradict each other or this reader's knowledge.</exception>
    public static ExFatBootRegion Parse(ReadOnlySpan<byte> region, long volumeLength)
    {
        if (!HasName(region)) throw new MalformedException("its boot sector does not carry exFAT's name");
        var sectorSize = SectorSizeIn(region);
        if (sectorSize == 0 || region.Length != Sectors * sectorSize)
            throw new MalformedException($"its boot sector gives sectors of 2^{region[108]} bytes");
        CheckSum(region, sectorSize);
        if (region[510] != 0x55 || region[511] != 0xAA) throw new MalformedException("its boot sector has no boot signature");

        var clusterShift = region[108] + region[109];
        if (clusterShift > MaxClusterShift) throw new MalformedException($"its boot sector gives clusters of 2^{clusterShift} bytes");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(region[104..]);
        if (version != 0x0100) throw new MalformedException($"its version is {version >> 8}.{version & 0xFF}, and only 1.0 is known");
        if (region[110] != 1) throw new MalformedException($"it has {region[110]} FATs (TexFAT), and only one is understood");

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(region[106..]);
        if ((flags & 1) != 0) throw new MalformedException("its flags say that a second FAT is the one in use, and it has only one");
        var boot = new ExFatBootRegion
        {
            SectorSize = sectorSize,
            ClusterSize = 1 << clusterShift,
            Length = SectorsToBytes(BinaryPrimitives.ReadUInt64LittleEndian(region[72..]), sectorSize, volumeLength),
            FatOffset = BinaryPrimitives.ReadUInt32LittleEndian(region[80..]) * (long)sectorSize,
            FatLength = BinaryPrimitives.ReadUInt32LittleEndian(region[84..]) * (long)sectorSize,
            HeapOffset = BinaryPrimitives.ReadUInt32LittleEndian(region[88..]) * (long)sectorSize,
            ClusterCount = BinaryPrimitives.ReadUInt32LittleEndian(region[92..]),
            RootCluster = BinaryPrimitives.ReadUInt32LittleEndian(region[96..]),
            Serial = FatBootSector.FormatSerial(region[100..]),
            IsDirty = (flags & 2) != 0,
            HasMediaFailure = (flags & 4) != 0,
        };
        boot.CheckGeometry();
        return boot;
    }

    private void CheckGeometry()
    {
        if (FatOffset < 2L * Sectors * SectorSize) throw new MalformedException($"its FAT at {FatOffset} overlaps the boot regions");
        if (FatOffset + FatLength > HeapOffset) throw new MalformedException($"its FAT ends past the cluster heap at {HeapOffset}");
        if (ClusterCount == 0) throw new MalformedException("it has no clusters");
        if (ClusterCount > (Length - HeapOffset) / ClusterSize)
            throw new MalformedException($"its {ClusterCount} clusters from {HeapOffset} do not fit its {Length} bytes");
        if ((ClusterCount + 2L) * 4 > FatLength) throw new MalformedException($"its FAT of {FatLength} bytes has no room for {ClusterCount} clusters");
        if (!IsCluster(RootCluster)) throw new MalformedException($"its root directory begins at cluster {RootCluster} of {ClusterCount}");
    }

    private static long SectorsToBytes(ulong sectors, int sectorSize, long volumeLength) => sectors <= (ulong)(volumeLength / sectorSize)
        ? (long)sectors * sectorSize
        : throw new MalformedException($"its boot sector claims {sectors} sectors of {sectorSize} bytes and the volume has {volumeLength} bytes");

    /// <summary>Specification 3.4: rotate and add over 11 sectors, leaving out the volume flags and the percentage in use.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> region, int sectorSize)
    {
        uint sum = 0;
        for (var i = 0; i < (Sectors - 1) * sectorSize; i++)
        {
            if (i is 106 or 107 or 112) continue;
            sum = uint.RotateRight(sum, 1) + region[i];
        }
        return sum;
    }

    private static void CheckSum(ReadOnlySpan<byte> region, int sectorSize)
    {
        var sum = Checksum(region, sectorSize);
        for (var i = (Sectors - 1) * sectorSize; i < region.Length; i += 4)
        {
            var stored = BinaryPrimitives.ReadUInt32LittleEndian(region[i..]);
            if (stored != sum) throw new MalformedException($"its boot region's checksum is {sum:x8}, and {stored:x8} is stored");
        }
    }
}
