namespace RescueKit.Model;

/// <summary>A range of a block target seen as a target of its own: a partition to be written to. Does not own the target below.</summary>
public sealed class BlockTargetSlice(IBlockTarget target, Extent range, string name) : IBlockTarget
{
    private readonly BlockSourceSlice _source = new(target, range, name);

    public string Name => _source.Name;
    public long Length => _source.Length;
    public DiskGeometry Geometry => _source.Geometry;
    public bool UnwrittenIsZero => target.UnwrittenIsZero;
    public long DurableBytes => target.DurableBytes;

    public void Read(long offset, Span<byte> buffer) => _source.Read(offset, buffer);

    public ExtentSet DataIn(Extent window) => _source.DataIn(window);

    public void Write(long offset, ReadOnlySpan<byte> buffer) => target.Write(Inside(new Extent(offset, buffer.Length)).Offset, buffer);

    public void WriteZeros(Extent extent) => target.WriteZeros(Inside(extent));

    public bool Discard(Extent extent) => target.Discard(Inside(extent));

    public void Flush() => target.Flush();

    public void Dispose() => _source.Dispose();

    private Extent Inside(Extent extent) => extent.End <= Length
        ? extent.Shift(range.Offset)
        : throw new ArgumentOutOfRangeException(nameof(extent), extent, $"ends outside the {Length} bytes of {Name}");
}
