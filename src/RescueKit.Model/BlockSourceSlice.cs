namespace RescueKit.Model;

/// <summary>A range of a block source seen as a source of its own: a partition. Does not own the source below.</summary>
public sealed class BlockSourceSlice(IBlockSource source, Extent range, string name) : IBlockSource
{
    public Extent Range { get; } = range.End <= source.Length
        ? range
        : throw new ArgumentOutOfRangeException(nameof(range), range, $"ends past the {source.Length} bytes of {source.Name}");

    public string Name { get; } = name;
    public long Length => Range.Length;
    public DiskGeometry Geometry => source.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"read of {buffer.Length} bytes outside the {Length} bytes of {Name}");
        source.Read(Range.Offset + offset, buffer);
    }

    public ExtentSet DataIn(Extent window) => source.DataIn(window.Shift(Range.Offset)).Shift(-Range.Offset);

    public void Dispose() { }
}
