using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>The two boot regions of exFAT, each 12 sectors of which the last repeats a checksum of the others.</summary>
/// <remarks>Microsoft exFAT specification, sections 3.1 and 3.4.</remarks>
internal static class ExFatBootRegion
{
    private const int Sectors = 12;
    private const int PartitionOffset = 0x40;
    private const int SectorShift = 0x6C;

    /// <summary>Rewrites the partition offset (sectors) and the checksum in each region whose checksum is right now.</summary>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource volume, long start)
    {
        var patches = new List<BlockPatch>();
        Span<byte> head = stackalloc byte[512];
        volume.Read(0, head);
        if (!head.Slice(3, 8).SequenceEqual("EXFAT   "u8) || head[SectorShift] is < 9 or > 12) return patches;
        var sectorSize = 1 << head[SectorShift];
        var region = new byte[Sectors * sectorSize];
        for (var copy = 0; copy < 2; copy++)
        {
            var at = (long)copy * region.Length;
            if (at > volume.Length - region.Length) break;
            volume.Read(at, region);
            var old = BinaryPrimitives.ReadInt64LittleEndian(region.AsSpan(PartitionOffset));
            // A region that is damaged must not come out looking whole.
            if (old == 0 || old == start || !ChecksumIsRight(region, sectorSize)) continue;
            BinaryPrimitives.WriteInt64LittleEndian(region.AsSpan(PartitionOffset), start);
            patches.Add(new BlockPatch(at + PartitionOffset, region.AsSpan(PartitionOffset, 8).ToArray()));
            patches.Add(new BlockPatch(at + region.Length - sectorSize, ChecksumSector(region, sectorSize)));
        }
        return patches;
    }

    private static bool ChecksumIsRight(byte[] region, int sectorSize) =>
        region.AsSpan(region.Length - sectorSize).SequenceEqual(ChecksumSector(region, sectorSize));

    private static byte[] ChecksumSector(byte[] region, int sectorSize)
    {
        var sum = 0u;
        for (var i = 0; i < region.Length - sectorSize; i++)
        {
            // VolumeFlags and PercentInUse change while mounted and are left out.
            if (i is 106 or 107 or 112) continue;
            sum = BitOperations.RotateRight(sum, 1) + region[i];
        }
        var sector = new byte[sectorSize];
        for (var i = 0; i < sectorSize; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(i), sum);
        return sector;
    }
}
