using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.ExFat;

/// <summary>Follows cluster chains through the FAT, holding one window of it.</summary>
internal sealed class ExFatChain(IBlockSource volume, ExFatBootRegion boot)
{
    private const uint EndMark = 0xFFFFFFFF;
    private const int WindowBytes = 4096;

    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowStart = -1;

    /// <summary>
    /// The clusters of a chain in its order, neighbours joined into one run.
    /// </summary>
    /// <param name="first">First cluster.</param>
    /// <param name="limit">More clusters than this are a damaged chain: it bounds loops.</param>
    /// <param name="what">Whose chain, for messages.</param>
    /// <exception cref="MalformedException">The chain leaves the heap, meets a free or bad entry, or is longer than the limit.</exception>
    public List<ClusterRun> Follow(uint first, long limit, string what)
    {
        var runs = new List<ClusterRun>();
        long clusters = 0;
        for (var cluster = first; cluster != EndMark; cluster = Next(cluster))
        {
            if (!boot.IsCluster(cluster)) throw new MalformedException($"the chain of its {what} leads to cluster 0x{cluster:X}");
            if (++clusters > limit) throw new MalformedException($"the chain of its {what} is longer than {limit} clusters");
            if (runs.Count > 0 && runs[^1].First + runs[^1].Count == cluster) runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            else runs.Add(new ClusterRun(cluster, 1));
        }
        return runs;
    }

    private uint Next(uint cluster)
    {
        var at = cluster * 4L;
        var start = at - at % WindowBytes;
        if (start != _windowStart)
        {
            // A FAT need not end on a window; what lies behind it, up to the heap, is never looked at.
            volume.Read(boot.FatOffset + start, _window.AsSpan(0, (int)Math.Min(WindowBytes, boot.FatLength - start)));
            _windowStart = start;
        }
        return BinaryPrimitives.ReadUInt32LittleEndian(_window.AsSpan((int)(at - start)));
    }
}

/// <param name="First">Number of the first cluster, counted from 2.</param>
/// <param name="Count">Clusters.</param>
internal readonly record struct ClusterRun(uint First, uint Count);
