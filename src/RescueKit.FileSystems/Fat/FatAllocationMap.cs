using System.Buffers;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>
/// A cluster is used where its entry in any copy of the FAT is not zero. The union is proven: whichever copy a driver goes by
/// (the first, or the active one where mirroring is off), what it holds as used is in it. Clusters marked bad count as used.
/// </summary>
internal sealed class FatAllocationMap : ClusterAllocationMap
{
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
                SetUsed(entries, (int)(firstEntry & 1), count, bits);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void SetUsed(ReadOnlySpan<byte> entries, int skip, int count, Span<ulong> bits)
    {
        // One loop for each width: the widths differ in every step, and FATs of 2^28 entries are read.
        switch (_boot.EntryBits)
        {
            case 12:
                for (var i = 0; i < count; i++) Set(bits, i, FatEntry.Read12(entries, i + skip) != 0);
                break;
            case 16:
                for (var i = 0; i < count; i++) Set(bits, i, FatEntry.Read16(entries, i + skip) != 0);
                break;
            default:
                for (var i = 0; i < count; i++) Set(bits, i, FatEntry.Read32(entries, i + skip) != 0);
                break;
        }
    }

    private static void Set(Span<ulong> bits, int index, bool used) => bits[index >> 6] |= (used ? 1UL : 0UL) << (index & 63);
}
