using System.Buffers.Binary;
using RescueKit.Engine.Content;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>
/// Digests of the chunks that one pass over a disk saw, in any order, from any thread; two passes that saw the same have the same. So a copy
/// can be proven without reading the source again. 4 MiB of memory for each TiB.
/// </summary>
/// <param name="masked">Disk ranges that count as zeros, whatever they hold.</param>
internal sealed class PassDigests(int chunkSize, ExtentSet masked)
{
    /// <summary>Chunks this near share a digest; a difference is named by such a group.</summary>
    private const long GroupBytes = 4 << 20;

    private readonly Dictionary<long, UInt128> _groups = [];
    private readonly Dictionary<int, UInt128?> _maps = [];
    private readonly Lock _lock = new();
    private (ContentRegion? Region, bool Same) _asked;

    /// <summary>Notes down what of a region was in use; a second pass that sees it otherwise makes the region one that proves nothing.</summary>
    public void Begin(ContentRegion region)
    {
        var map = MapOf(region);
        lock (_lock) _maps[region.Index] = _maps.TryGetValue(region.Index, out var earlier) && earlier != map ? null : map;
    }

    /// <summary>False where the region's allocation map is not the one that was seen: its chunks cannot be compared.</summary>
    public bool SawTheSameMap(ContentRegion region)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_asked.Region, region)) _asked = (region, _maps.GetValueOrDefault(region.Index) is { } map && map == MapOf(region));
            return _asked.Same;
        }
    }

    /// <summary>
    /// Chunks of zeros count as if they had not been given: one that was lost is zeros to the pass that could not read it, and nothing
    /// to the next one, which knows.
    /// </summary>
    /// <param name="range">Whole chunks.</param>
    /// <param name="content">Zeros outside the allocation map.</param>
    public void Add(Extent range, ReadOnlySpan<byte> content)
    {
        Span<byte> bound = stackalloc byte[ChunkDigest.Size + sizeof(long)];
        for (var at = range.Offset; at < range.End; at += chunkSize)
        {
            var chunk = Extent.FromTo(at, Math.Min(range.End, at + chunkSize));
            var bytes = Masked(chunk, content.Slice((int)(at - range.Offset), (int)chunk.Length));
            if (!bytes.ContainsAnyExcept((byte)0)) continue;
            var digest = ChunkDigest.Of(bytes);
            ((ReadOnlySpan<byte>)digest).CopyTo(bound);
            // Bound to its place, so that equal chunks do not cancel each other out and no two can change places.
            BinaryPrimitives.WriteInt64LittleEndian(bound[ChunkDigest.Size..], at);
            var place = First16(ChunkDigest.Of(bound));
            lock (_lock) _groups[at / GroupBytes] = _groups.GetValueOrDefault(at / GroupBytes) ^ place;
        }
    }

    /// <summary>The first group of chunks inside <paramref name="range"/> that differs; null where all are equal.</summary>
    public Extent? FirstDifference(PassDigests other, Extent range)
    {
        for (var group = range.Offset / GroupBytes; group * GroupBytes < range.End; group++)
        {
            if (Of(group) != other.Of(group)) return new Extent(group * GroupBytes, GroupBytes).Intersect(range);
        }
        return null;
    }

    private UInt128 Of(long group)
    {
        lock (_lock) return _groups.GetValueOrDefault(group);
    }

    private ReadOnlySpan<byte> Masked(Extent chunk, ReadOnlySpan<byte> content)
    {
        if (!masked.Overlaps(chunk)) return content;
        var copy = content.ToArray();
        foreach (var hidden in masked.Clip(chunk)) copy.AsSpan((int)(hidden.Offset - chunk.Offset), (int)hidden.Length).Clear();
        return copy;
    }

    private static UInt128 MapOf(ContentRegion region)
    {
        var numbers = new byte[region.Used.Count * 2 * sizeof(long)];
        for (var i = 0; i < region.Used.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(numbers.AsSpan(i * 16), region.Used[i].Offset);
            BinaryPrimitives.WriteInt64LittleEndian(numbers.AsSpan(i * 16 + 8), region.Used[i].Length);
        }
        return First16(ChunkDigest.Of(numbers));
    }

    private static UInt128 First16(in ChunkDigest digest) => BinaryPrimitives.ReadUInt128LittleEndian(digest);
}
