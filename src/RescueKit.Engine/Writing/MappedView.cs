using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>A target seen at the source's offsets; what has no place on the target reads as zeros. Does not own the target.</summary>
internal sealed class MappedView(IBlockSource target, IReadOnlyList<Segment> segments, long length) : IBlockSource
{
    public string Name => target.Name;
    public long Length => length;
    public DiskGeometry Geometry => target.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        var range = new Extent(offset, buffer.Length);
        var covered = 0L;
        foreach (var segment in segments)
        {
            var part = segment.From.Intersect(range);
            if (part.IsEmpty) continue;
            target.Read(part.Offset + segment.Shift, buffer.Slice((int)(part.Offset - offset), (int)part.Length));
            covered += part.Length;
        }
        if (covered == range.Length) return;
        foreach (var part in ExtentSet.From(segments.Select(s => s.From)).ComplementIn(range))
            buffer.Slice((int)(part.Offset - offset), (int)part.Length).Clear();
    }

    public ExtentSet DataIn(Extent window)
    {
        var data = ExtentSet.Empty;
        foreach (var segment in segments)
        {
            var part = segment.From.Intersect(window);
            if (!part.IsEmpty) data = data.Union(target.DataIn(part.Shift(segment.Shift)).Shift(-segment.Shift));
        }
        return data;
    }

    public void Dispose() { }
}
