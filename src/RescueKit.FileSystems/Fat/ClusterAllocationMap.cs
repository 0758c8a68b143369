using System.Buffers;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>
/// The map of a volume that consists of metadata, a heap of equal clusters counted from 2, and whatever lies behind the heap.
/// Everything outside the heap is used. Which clusters are used is read again for every window, so that no structure grows
/// with the volume; nothing is kept, so any number of threads may ask at once.
/// </summary>
internal abstract class ClusterAllocationMap(long volumeLength, long heapOffset, int clusterSize, uint clusterCount) : IAllocationMap
{
    protected const uint FirstCluster = 2;

    /// <summary>Clusters looked at in one step: the window's bits take 8 KiB.</summary>
    private const int StepClusters = 64 << 10;

    private readonly Extent _heap = new(heapOffset, clusterCount * (long)clusterSize);

    public long UsedBytes { get; private set; }

    /// <summary>Byte ranges of the heap that are used whatever the tables say (the root directory, the bitmap itself).</summary>
    protected ExtentSet AlwaysUsed { get; init; } = ExtentSet.Empty;

    /// <summary>
    /// Sets the bit of every used cluster among <paramref name="count"/> clusters from <paramref name="first"/> (counted from 0);
    /// bits are only ever set, so that several copies of a table unite. Bits past the count may be set and are ignored.
    /// </summary>
    protected abstract void SetUsed(uint first, int count, Span<ulong> bits);

    public ExtentSet UsedIn(Extent window)
    {
        window = window.Intersect(new Extent(0, volumeLength));
        var builder = new ExtentSetBuilder();
        builder.Add(window.Intersect(Extent.FromTo(0, _heap.Offset)));
        var heap = window.Intersect(_heap);
        if (!heap.IsEmpty)
        {
            var first = (uint)((heap.Offset - _heap.Offset) / clusterSize);
            var end = (uint)((heap.End - _heap.Offset + clusterSize - 1) / clusterSize);
            ForEachRun(first, end, run => builder.Add(run.Intersect(heap)));
        }
        builder.Add(window.Intersect(Extent.FromTo(_heap.End, volumeLength)));
        var used = builder.ToSet();
        return AlwaysUsed.IsEmpty ? used : used.Union(AlwaysUsed.Clip(window));
    }

    /// <summary>Counts once; called by the constructors of the heirs when they can answer.</summary>
    protected void CountUsed()
    {
        long inHeap = 0;
        var missed = AlwaysUsed;
        ForEachRun(0, clusterCount, run =>
        {
            inHeap += run.Length;
            if (missed.Overlaps(run)) missed = missed.Except(ExtentSet.Of(run));
        });
        UsedBytes = volumeLength - _heap.Length + inHeap + missed.TotalLength;
    }

    private void ForEachRun(uint first, uint end, Action<Extent> take)
    {
        var bits = ArrayPool<ulong>.Shared.Rent(StepClusters / 64);
        try
        {
            for (var at = first; at < end;)
            {
                var count = (int)Math.Min(StepClusters, end - at);
                var words = bits.AsSpan(0, (count + 63) / 64);
                words.Clear();
                SetUsed(at, count, words);
                TakeRuns(words, at, count, take);
                at += (uint)count;
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(bits);
        }
    }

    private void TakeRuns(ReadOnlySpan<ulong> words, uint first, int count, Action<Extent> take)
    {
        for (var start = Next(words, 0, count, used: true); start < count;)
        {
            var end = Next(words, start, count, used: false);
            take(new Extent(_heap.Offset + (first + start) * (long)clusterSize, (end - start) * (long)clusterSize));
            start = Next(words, end, count, used: true);
        }
    }

    private static int Next(ReadOnlySpan<ulong> words, int from, int count, bool used)
    {
        while (from < count)
        {
            var word = (used ? words[from / 64] : ~words[from / 64]) >> (from % 64);
            if (word != 0) return Math.Min(count, from + BitOperations.TrailingZeroCount(word));
            from = (from / 64 + 1) * 64;
        }
        return count;
    }
}
