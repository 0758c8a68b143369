using System.Buffers;
using System.Runtime.InteropServices;
using RescueKit.FileSystems.Fat;
using RescueKit.Model;

namespace RescueKit.FileSystems.ExFat;

/// <summary>
/// exFAT's allocation bitmap: one bit for each cluster, the first cluster's in the lowest bit of the first byte (specification 7.1.5).
/// </summary>
internal sealed class ExFatAllocationMap : ClusterAllocationMap
{
    private readonly IBlockSource _volume;
    private readonly ExFatBootRegion _boot;

    /// <summary>Where the bitmap lies, in its order.</summary>
    private readonly List<Extent> _bitmap;

    /// <summary>Where a driver finds it that takes it for contiguous (Linux does); null where that is the same place.</summary>
    private readonly Extent? _contiguous;

    /// <exception cref="MalformedException">The bitmap is too short, or its chain or the up-case table's is broken.</exception>
    /// <exception cref="BlockReadException">The FAT or the bitmap could not be read.</exception>
    public ExFatAllocationMap(IBlockSource volume, ExFatBootRegion boot, ExFatRootDirectory root, ExFatChain chain)
        : base(volume.Length, boot.HeapOffset, boot.ClusterSize, boot.ClusterCount)
    {
        _volume = volume;
        _boot = boot;
        var needed = (boot.ClusterCount + 7L) / 8;
        if (root.BitmapLength < (ulong)needed)
            throw new MalformedException($"its allocation bitmap of {root.BitmapLength} bytes has no room for {boot.ClusterCount} clusters");
        var bitmapRuns = FollowWhole(chain, boot, root.BitmapCluster, root.BitmapLength, "allocation bitmap");
        var upcaseRuns = FollowWhole(chain, boot, root.UpcaseCluster, root.UpcaseLength, "up-case table");

        _bitmap = [.. bitmapRuns.Select(BytesOf)];
        if (_bitmap.Count > 1)
        {
            var contiguous = new Extent(boot.OffsetOf(root.BitmapCluster), needed);
            if (contiguous.End > boot.OffsetOf(2) + boot.ClusterCount * (long)boot.ClusterSize)
                throw new MalformedException("its allocation bitmap is in pieces, and drivers that take it for contiguous would read past the volume");
            _contiguous = contiguous;
        }
        AlwaysUsed = ExtentSet.From(root.Runs.Concat(bitmapRuns).Concat(upcaseRuns).Select(BytesOf));
        CountUsed();
    }

    protected override void SetUsed(uint first, int count, Span<ulong> bits)
    {
        // Steps begin anywhere: read from the byte boundary below and shift.
        var shift = (int)(first % 8);
        var length = (shift + count + 7) / 8;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = buffer.AsSpan(0, length);
            ReadBitmap(first / 8, bytes);
            Unite(bytes, shift, bits);
            if (_contiguous is { } contiguous)
            {
                _volume.Read(contiguous.Offset + first / 8, bytes);
                Unite(bytes, shift, bits);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<ClusterRun> FollowWhole(ExFatChain chain, ExFatBootRegion boot, uint first, ulong length, string what)
    {
        if (length == 0 || length > (ulong)boot.ClusterCount * (ulong)boot.ClusterSize)
            throw new MalformedException($"its {what} has {length} bytes");
        var clusters = (long)((length + (ulong)boot.ClusterSize - 1) / (ulong)boot.ClusterSize);
        var runs = chain.Follow(first, clusters, what);
        var found = runs.Sum(run => (long)run.Count);
        return found == clusters ? runs : throw new MalformedException($"the chain of its {what} has {found} clusters and not {clusters}");
    }

    private Extent BytesOf(ClusterRun run) => new(_boot.OffsetOf(run.First), run.Count * (long)_boot.ClusterSize);

    private void ReadBitmap(long from, Span<byte> buffer)
    {
        foreach (var piece in _bitmap)
        {
            if (buffer.IsEmpty) return;
            if (from < piece.Length)
            {
                var take = (int)Math.Min(buffer.Length, piece.Length - from);
                var extent = new Extent(piece.Offset + from, take);
                if (_volume.DataIn(extent).IsEmpty) buffer[..take].Clear();
                else _volume.Read(extent.Offset, buffer[..take]);
                buffer = buffer[take..];
                from += take;
            }
            from -= piece.Length;
        }
    }

    private static void Unite(ReadOnlySpan<byte> bytes, int shift, Span<ulong> bits)
    {
        var target = MemoryMarshal.AsBytes(bits);
        if (shift == 0)
        {
            for (var i = 0; i < bytes.Length && i < target.Length; i++) target[i] |= bytes[i];
            return;
        }
        for (var i = 0; i < bytes.Length && i < target.Length; i++)
        {
            var next = i + 1 < bytes.Length ? bytes[i + 1] : 0;
            target[i] |= (byte)((bytes[i] | (next << 8)) >> shift);
        }
    }
}
