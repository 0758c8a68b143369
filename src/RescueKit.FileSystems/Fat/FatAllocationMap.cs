using System.Buffers;
using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>
/// A cluster is used where its entry in any copy of the FAT is not zero. The union is proven: whichever copy a driver goes by
/// (the first, or the active one where mirroring is off), what it holds as used is in it. Clusters marked bad count as used.
/// </summary>
internal sealed class FatAllocationMap : ClusterAllocationMap
{
    /// <summary>The upper 4 bits of a FAT32 entry are reserved and not part of its value.</summary>
    private const uint Fat32Mask = 0x0FFFFFFF;

    private readonly IBlockSource _volume;
    private readonly FatBootSector _boot;

    /// <exception cref="BlockReadException">A FAT could not be read.</exception>
    public FatAllocationMap(IBlockSource volume, FatBootSector boot) : base(volume.Length, boot.HeapOffset, boot.ClusterSize, boot.ClusterCount)
    {
        _volume = volume;
        _boot = boot;
        if (boot.RootCluster != 0) AlwaysUsed = ExtentSet.Of(new Extent(boot.OffsetOf(boot.RootCluster), boot.ClusterSize));
        CountUsed();
    }

    protected override void SetUsed(uint first, int count, Span<ulong> bits)
    {
        var firstEntry = first + FirstCluster;
        // FAT12 entries straddle bytes: begin at an even one, which starts on a byte.
        var start = (firstEntry & ~1u) * (long)_boot.EntryBits / 8;
        var length = (int)(((firstEntry + count) * (long)_boot.EntryBits + 7) / 8 - start);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var entries = buffer.AsSpan(0, length);
            for (var copy = 0; copy < _boot.FatCount; copy++)
            {
                var extent = new Extent(_boot.FatOffset + copy * _boot.FatLength + start, length);
                if (_volume.DataIn(extent).IsEmpty) continue;
                _volume.Read(extent.Offset, entries);
                var skip = (int)(firstEntry & 1);
                switch (_boot.EntryBits)
                {
                    case 12: SetUsed12(entries, skip, count, bits); break;
                    case 16: SetUsed16(entries[(skip * 2)..], count, bits); break;
                    default: SetUsed32(entries[(skip * 4)..], count, bits); break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void SetUsed12(ReadOnlySpan<byte> entries, int skip, int count, Span<ulong> bits)
    {
        for (var i = 0; i < count; i++)
        {
            var at = (i + skip) * 3 / 2;
            var pair = BinaryPrimitives.ReadUInt16LittleEndian(entries[at..]);
            var value = ((i + skip) & 1) == 0 ? pair & 0xFFF : pair >> 4;
            if (value != 0) bits[i >> 6] |= 1UL << (i & 63);
        }
    }

    private static void SetUsed16(ReadOnlySpan<byte> entries, int count, Span<ulong> bits)
    {
        for (var i = 0; i < count; i++)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(entries[(i * 2)..]) != 0) bits[i >> 6] |= 1UL << (i & 63);
        }
    }

    private static void SetUsed32(ReadOnlySpan<byte> entries, int count, Span<ulong> bits)
    {
        for (var i = 0; i < count; i++)
        {
            if ((BinaryPrimitives.ReadUInt32LittleEndian(entries[(i * 4)..]) & Fat32Mask) != 0) bits[i >> 6] |= 1UL << (i & 63);
        }
    }
}
