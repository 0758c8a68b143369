using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>A volume inside another one, put together from its pieces. Does not own the source below.</summary>
internal sealed class NestedSource : IBlockSource
{
    private readonly IBlockSource _outer;
    private readonly NestedPiece[][] _ranges;

    public NestedSource(IBlockSource outer, NestedVolume volume, string name)
    {
        (_outer, Name, Length) = (outer, name, volume.Length);
        _ranges = [.. volume.Pieces.GroupBy(piece => piece.Address).Select(range => range.OrderBy(piece => piece.Column).ToArray())];
    }

    public string Name { get; }
    public long Length { get; }
    public DiskGeometry Geometry => _outer.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"read of {buffer.Length} bytes outside the {Length} bytes of {Name}");
        while (buffer.Length > 0)
        {
            var range = RangeAt(offset);
            var address = offset - range[0].Address;
            var striping = range[0].Striping;
            var column = striping.Columns == 1 ? 0 : (int)(address / striping.StripeLength % striping.Columns);
            var left = striping.Columns == 1 ? range[0].Length - address : striping.StripeLength - address % striping.StripeLength;
            var part = buffer[..(int)Math.Min(buffer.Length, left)];
            _outer.Read(range[column].Place.Offset + striping.ToColumn(column, address), part);
            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window.Intersect(new Extent(0, Length)));

    public void Dispose() { }

    private NestedPiece[] RangeAt(long offset)
    {
        var (low, high) = (0, _ranges.Length);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle][0].Address <= offset) low = middle;
            else high = middle;
        }
        return _ranges[low];
    }
}
