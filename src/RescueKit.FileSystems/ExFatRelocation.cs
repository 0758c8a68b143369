using System.Buffers.Binary;
using RescueKit.FileSystems.ExFat;
using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>The partition offset in exFAT's two boot regions. Source: "exFAT file system specification" (Microsoft), section 3.1.3.</summary>
internal static class ExFatRelocation
{
    private const int PartitionOffset = 0x40;

    /// <summary>Rewrites the offset (sectors) and the checksum sector in each region whose checksum is right now.</summary>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource volume, long start)
    {
        var patches = new List<BlockPatch>();
        Span<byte> head = stackalloc byte[512];
        volume.Read(0, head);
        var sectorSize = ExFatBootRegion.SectorSizeIn(head);
        if (!ExFatBootRegion.HasName(head) || sectorSize == 0) return patches;

        var region = new byte[ExFatBootRegion.Sectors * sectorSize];
        for (var copy = 0; copy < 2; copy++)
        {
            var at = (long)copy * region.Length;
            if (at > volume.Length - region.Length) break;
            volume.Read(at, region);
            var old = BinaryPrimitives.ReadInt64LittleEndian(region.AsSpan(PartitionOffset));
            // A region that is damaged must not come out looking whole.
            if (old == 0 || old == start || !region.AsSpan(region.Length - sectorSize).SequenceEqual(ChecksumSector(region, sectorSize))) continue;
            BinaryPrimitives.WriteInt64LittleEndian(region.AsSpan(PartitionOffset), start);
            patches.Add(new BlockPatch(at + PartitionOffset, region.AsSpan(PartitionOffset, 8).ToArray()));
            patches.Add(new BlockPatch(at + region.Length - sectorSize, ChecksumSector(region, sectorSize)));
        }
        return patches;
    }

    private static byte[] ChecksumSector(byte[] region, int sectorSize)
    {
        var sector = new byte[sectorSize];
        var sum = ExFatBootRegion.Checksum(region, sectorSize);
        for (var i = 0; i < sectorSize; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(i), sum);
        return sector;
    }
}
