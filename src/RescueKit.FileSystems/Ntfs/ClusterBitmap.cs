using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>$Bitmap, read page by page when asked: one bit for each cluster, lowest bit first.</summary>
/// <remarks>May be called from several threads at once. Holds a few pages, whatever the volume's size.</remarks>
internal sealed class ClusterBitmap
{
    private const int PageSize = 64 << 10;
    private const int PagesHeld = 8;

    /// <summary>Clusters of one page: asking in multiples of this reads nothing twice.</summary>
    public const long ClustersPerPage = PageSize * 8L;

    private readonly NtfsStream _stream;
    private readonly Lock _lock = new();
    private readonly (long Index, byte[] Bytes)[] _held = new (long, byte[])[PagesHeld];
    private int _next;

    /// <exception cref="MalformedException">Not plain, or too short for the volume.</exception>
    public ClusterBitmap(NtfsStream stream, long clusterCount)
    {
        (_stream, ClusterCount) = (stream, clusterCount);
        if (!stream.IsPlain) throw new MalformedException("$Bitmap is sparse, compressed or encrypted");
        if (stream.DataSize < (clusterCount + 7) / 8)
            throw new MalformedException($"$Bitmap has {stream.DataSize} bytes, too few for {clusterCount} clusters");
        Array.Fill(_held, (-1, []));
    }

    public long ClusterCount { get; }

    /// <summary>Where the bitmap itself lies.</summary>
    public ExtentSet Extents() => _stream.Extents();

    /// <summary>Adds the used clusters of [first, end), in bytes of the volume.</summary>
    /// <exception cref="BlockReadException">A part of the bitmap cannot be read.</exception>
    public void AddUsed(long first, long end, int clusterSize, ExtentSetBuilder used)
    {
        while (first < end)
        {
            var pageStart = first - first % ClustersPerPage;
            var page = Page(first / ClustersPerPage);
            var at = (int)(first - pageStart);
            var stop = (int)(Math.Min(end, pageStart + ClustersPerPage) - pageStart);
            while ((at = Find(page, at, stop, true)) < stop)
            {
                var runEnd = Find(page, at, stop, false);
                used.Add((pageStart + at) * clusterSize, (long)(runEnd - at) * clusterSize);
                at = runEnd;
            }
            first = pageStart + stop;
        }
    }

    /// <summary>True where every cluster of [first, end) is used.</summary>
    /// <exception cref="BlockReadException">A part of the bitmap cannot be read.</exception>
    public bool AllUsed(long first, long end)
    {
        while (first < end)
        {
            var pageStart = first - first % ClustersPerPage;
            var stop = (int)(Math.Min(end, pageStart + ClustersPerPage) - pageStart);
            if (Find(Page(first / ClustersPerPage), (int)(first - pageStart), stop, false) < stop) return false;
            first = pageStart + stop;
        }
        return true;
    }

    /// <summary>The first bit of [from, stop) with the value, else stop.</summary>
    private static int Find(byte[] page, int from, int stop, bool value)
    {
        var flip = value ? 0UL : ulong.MaxValue;
        while (from < stop)
        {
            var word = (BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(from / 64 * 8)) ^ flip) >> (from % 64);
            if (word != 0) return Math.Min(stop, from + BitOperations.TrailingZeroCount(word));
            from = from - from % 64 + 64;
        }
        return stop;
    }

    private byte[] Page(long index)
    {
        lock (_lock)
        {
            foreach (var (held, bytes) in _held)
                if (held == index) return bytes;

            // A page once handed out is never changed: other threads may still be looking at it.
            var page = new byte[PageSize];
            var start = index * PageSize;
            var written = (int)Math.Clamp(_stream.InitializedSize - start, 0, PageSize);
            if (written > 0) _stream.Read(start, page.AsSpan(0, written));
            // Behind what was initialised nothing proves a cluster free.
            page.AsSpan(written).Fill(0xFF);
            _held[_next] = (index, page);
            _next = (_next + 1) % PagesHeld;
            return page;
        }
    }
}
