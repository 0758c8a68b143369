using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>The index of one region: allocation, losses, and a row for each of its chunks. Offsets are disk offsets.</summary>
public sealed class RegionPage
{
    private readonly ImageGeometry _geometry;
    private readonly ChunkState[] _states;
    private Row[]? _rows;

    internal RegionPage(ImageGeometry geometry, int region)
    {
        _geometry = geometry;
        Region = region;
        ChunkCount = geometry.ChunkCountIn(region);
        _states = new ChunkState[ChunkCount];
        _states.AsSpan().Fill(ChunkState.Pending);
    }

    public int Region { get; }
    public Extent Range => _geometry.RegionRange(Region);
    public long FirstChunk => _geometry.FirstChunk(Region);
    public int ChunkCount { get; }

    /// <summary>
    /// True where the final page is lost, or was never written, and this one was put together from what is left: what was not found is
    /// pending, unreadable ranges are not known, and without any page all of the region counts as used.
    /// </summary>
    public bool IsRebuilt { get; internal set; }

    /// <summary>The allocation map of the region, unreadable bytes included, excluded ones not.</summary>
    public ExtentSet Used { get; internal set; } = ExtentSet.Empty;
    public ExtentSet Unreadable { get; internal set; } = ExtentSet.Empty;
    public ExtentSet Excluded { get; internal set; } = ExtentSet.Empty;
    public ChunkState State(int indexInRegion) => _states[indexInRegion];

    /// <summary>The digest of a Data chunk; of zeros for Zero; undefined for others.</summary>
    public ChunkDigest Digest(int indexInRegion) =>
        _states[indexInRegion] == ChunkState.Zero ? ZeroDigests.Of(ChunkRange(indexInRegion).Length) : StoredDigest(indexInRegion);

    /// <summary>The chunk's range of the disk; the last chunk of the disk may be short.</summary>
    public Extent ChunkRange(int indexInRegion) => _geometry.ChunkRange(FirstChunk + indexInRegion);

    internal ref readonly FrameLocation Location(int indexInRegion) => ref Rows[indexInRegion].Location;
    internal ref readonly ChunkDigest StoredDigest(int indexInRegion) => ref Rows[indexInRegion].Digest;

    /// <summary>Made when the first chunk has data: most regions of a sparse disk have none, and rows are large.</summary>
    private Row[] Rows => _rows ??= new Row[ChunkCount];

    internal void SetData(int indexInRegion, in ChunkDigest digest, FrameLocation location)
    {
        Rows[indexInRegion] = new Row { Digest = digest, Location = location };
        _states[indexInRegion] = ChunkState.Data;
    }

    internal void SetState(int indexInRegion, ChunkState state)
    {
        _states[indexInRegion] = state;
        if (_rows is not null) _rows[indexInRegion] = default;
    }

    /// <summary>Which chunks hold a byte of a set, in time linear in extents and chunks.</summary>
    internal bool[] ChunksTouching(ExtentSet set)
    {
        var touched = new bool[ChunkCount];
        foreach (var extent in set.AsSpan())
        {
            var first = (int)(extent.Offset / _geometry.ChunkSize - FirstChunk);
            var last = (int)((extent.End - 1) / _geometry.ChunkSize - FirstChunk);
            touched.AsSpan(first, last - first + 1).Fill(true);
        }
        return touched;
    }

    private struct Row
    {
        public ChunkDigest Digest;
        public FrameLocation Location;
    }
}
