using RescueKit.Images;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>
/// What a damaged or incomplete image could not give, for a restore that goes on nevertheless: zeros take its place, but where the image's description
/// holds the same bytes (partition tables). Thread-safe.
/// </summary>
internal sealed class ImageLosses(IReadOnlyList<RawArea> tables)
{
    private readonly ExtentSetBuilder _lost = new();
    private readonly Lock _lock = new();
    private readonly ExtentSet _known = ExtentSet.From(tables.Select(t => t.Extent));

    /// <summary>Disk offsets.</summary>
    public ExtentSet Lost
    {
        get
        {
            lock (_lock) return _lost.ToSet();
        }
    }

    /// <summary>True where some of a range is had from the description.</summary>
    public bool Knows(Extent range) => _known.Overlaps(range);

    public void Add(ExtentSet lost)
    {
        lock (_lock) _lost.Add(lost);
    }

    /// <summary>Chunks that the image never held, or of which nothing is left.</summary>
    public void AddPending(RegionPage page)
    {
        for (var i = 0; i < page.ChunkCount; i++)
            if (page.State(i) == ChunkState.Pending) Add(page.Used.Clip(page.ChunkRange(i)).Except(_known));
    }

    /// <summary>Fills in a chunk that is lost.</summary>
    /// <param name="used">What of the chunk is in use.</param>
    public void Replace(Extent chunk, ExtentSet used, Span<byte> content)
    {
        content.Clear();
        foreach (var table in tables)
        {
            var part = table.Extent.Intersect(chunk);
            if (part.IsEmpty) continue;
            table.Bytes.AsSpan((int)(part.Offset - table.Offset), (int)part.Length).CopyTo(content[(int)(part.Offset - chunk.Offset)..]);
        }
        Add(used.Except(_known));
    }
}
