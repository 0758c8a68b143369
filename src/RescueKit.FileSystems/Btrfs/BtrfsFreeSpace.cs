using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>
/// Holds what lies between the extents in use against the tree of free space, which the kernel keeps beside the tree of extents: two structures that must tell the
/// same. Source: Linux fs/btrfs/free-space-tree.c.
/// </summary>
/// <param name="chunks">In the order of their addresses.</param>
/// <param name="free">The tree's ranges in the same order; null where the file system has no such tree, or does not call it valid.</param>
internal sealed class BtrfsFreeSpace(IReadOnlyList<BtrfsChunk> chunks, IEnumerable<(long Start, long End)>? free) : IDisposable
{
    private const byte Info = 198, FreeExtent = 199, Bitmap = 200;

    private readonly IEnumerator<(long Start, long End)>? _free = free?.GetEnumerator();
    private int _chunk;
    private long _position = chunks.Count > 0 ? chunks[0].Start : 0;

    /// <summary>The ranges of a tree, those that touch joined as long as they are of one chunk.</summary>
    /// <exception cref="MalformedException">It is damaged; thrown while they are taken.</exception>
    public static IEnumerable<(long Start, long End)> Ranges(BtrfsTree tree, BtrfsChunkMap chunks, int sectorSize)
    {
        (long Start, long End) last = default;
        foreach (var item in tree.All())
        {
            if (item.Key.Type is not (FreeExtent or Bitmap))
            {
                if (item.Key.Type == Info) continue;
                throw new MalformedException($"the tree of free space has an item of type {item.Key.Type}, which is not known here");
            }
            // mkfs.btrfs leaves those of a chunk that it has removed; the kernel asks for chunks' ranges alone.
            if (chunks.At(item.Key.Id) is not { } chunk) continue;
            if (item.Key.Offset > (ulong)chunk.End - item.Key.Id) throw new MalformedException($"the free space at {item.Key.Id} reaches past its chunk");
            foreach (var range in item.Key.Type == FreeExtent ? [((long)item.Key.Id, (long)(item.Key.Id + item.Key.Offset))] : SetBits(item, sectorSize))
            {
                if (range.Start == last.End && range.Start != chunk.Start)
                {
                    last.End = range.End;
                    continue;
                }
                if (last.End > last.Start) yield return last;
                last = range;
            }
        }
        if (last.End > last.Start) yield return last;
    }

    /// <summary>The next extent in use, in ascending order.</summary>
    /// <exception cref="MalformedException">What lies before it is not what the tree of free space has.</exception>
    public void Take(long start, long end)
    {
        while (_chunk < chunks.Count && start >= chunks[_chunk].End) Leave();
        Expect(_position, start);
        _position = end;
    }

    /// <summary>After the last extent.</summary>
    /// <inheritdoc cref="Take" path="/exception"/>
    public void Finish()
    {
        while (_chunk < chunks.Count) Leave();
        if (_free?.MoveNext() == true) throw new MalformedException($"the tree of free space has more at {_free.Current.Start} than lies between extents");
    }

    public void Dispose() => _free?.Dispose();

    private void Leave()
    {
        Expect(_position, chunks[_chunk].End);
        if (++_chunk < chunks.Count) _position = chunks[_chunk].Start;
    }

    private void Expect(long start, long end)
    {
        if (_free is null || start == end) return;
        if (!_free.MoveNext() || _free.Current != (start, end)) throw new MalformedException($"no extent lies from {start} to {end}, and the tree of free space does not have it so");
    }

    private static List<(long Start, long End)> SetBits(BtrfsItem item, int sectorSize)
    {
        var found = new List<(long, long)>();
        var bits = item.Data.Span;
        var count = (long)item.Key.Offset / sectorSize;
        if (bits.Length * 8L < count) throw new MalformedException($"the free space at {item.Key.Id} is cut off");
        for (var i = 0L; i < count; i++)
        {
            if ((bits[(int)(i >> 3)] >> (int)(i & 7) & 1) == 0) continue;
            var start = (long)item.Key.Id + i * sectorSize;
            if (found.Count > 0 && found[^1].Item2 == start) found[^1] = (found[^1].Item1, start + sectorSize);
            else found.Add((start, start + sectorSize));
        }
        return found;
    }
}
