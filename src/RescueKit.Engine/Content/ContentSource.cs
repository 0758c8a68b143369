using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>
/// Content read at any offset, as a disk: for tables and boot sectors. Keeps one chunk, so it is no way to read a disk as a whole.
/// </summary>
internal sealed class ContentSource(IDiskContent content, DiskGeometry geometry) : IBlockSource
{
    private readonly AlignedBuffer _chunk = new(content.ChunkSize);
    private readonly Lock _lock = new();
    private ContentRegion? _region;
    private long _held = -1;

    public string Name => content.Name;
    public long Length => content.Length;
    public DiskGeometry Geometry { get; } = geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        var wanted = new Extent(offset, buffer.Length);
        lock (_lock)
        {
            for (var at = offset; at < wanted.End;)
            {
                var chunk = Load(at - at % content.ChunkSize);
                var part = chunk.Intersect(wanted);
                _chunk.Span.Slice((int)(part.Offset - chunk.Offset), (int)part.Length).CopyTo(buffer[(int)(part.Offset - offset)..]);
                at = part.End;
            }
        }
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);

    public void Dispose() => ((IDisposable)_chunk).Dispose();

    private Extent Load(long start)
    {
        var chunk = Extent.FromTo(start, Math.Min(content.Length, start + content.ChunkSize));
        if (_held == start) return chunk;
        var index = (int)(start / content.RegionBytes);
        _held = -1;
        if (_region?.Index != index) _region = content.Open(index);
        var bytes = _chunk.Span[..(int)chunk.Length];
        if (_region.DataChunks.Contains(chunk)) _region.Read(chunk, bytes);
        else bytes.Clear();
        _held = start;
        return chunk;
    }
}
