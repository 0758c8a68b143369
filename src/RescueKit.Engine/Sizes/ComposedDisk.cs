using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>A range of a disk and where its bytes are had.</summary>
/// <param name="From">Offset in <paramref name="Source"/>.</param>
internal readonly record struct DiskPiece(Extent Onto, IBlockSource Source, long From);

/// <summary>A disk that is put together of pieces of others, with patches over them; zeros elsewhere. Owns none of them.</summary>
internal sealed class ComposedDisk(string name, long length, DiskGeometry geometry, IReadOnlyList<DiskPiece> pieces, IReadOnlyList<BlockPatch> patches) : IBlockSource
{
    public string Name => name;
    public long Length => length;
    public DiskGeometry Geometry => geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"read of {buffer.Length} bytes outside the {Length} bytes of {Name}");
        var wanted = new Extent(offset, buffer.Length);
        buffer.Clear();
        foreach (var piece in pieces)
        {
            var part = piece.Onto.Intersect(wanted);
            if (!part.IsEmpty) piece.Source.Read(part.Offset - piece.Onto.Offset + piece.From, buffer.Slice((int)(part.Offset - offset), (int)part.Length));
        }
        foreach (var patch in patches)
        {
            var part = patch.Extent.Intersect(wanted);
            if (!part.IsEmpty) patch.Bytes.Span.Slice((int)(part.Offset - patch.Offset), (int)part.Length).CopyTo(buffer[(int)(part.Offset - offset)..]);
        }
    }

    public ExtentSet DataIn(Extent window)
    {
        var data = ExtentSet.From(patches.Select(patch => patch.Extent.Intersect(window)).Where(part => !part.IsEmpty));
        foreach (var piece in pieces)
        {
            var part = piece.Onto.Intersect(window);
            var shift = piece.Onto.Offset - piece.From;
            if (!part.IsEmpty) data = data.Union(piece.Source.DataIn(part.Shift(-shift)).Shift(shift));
        }
        return data;
    }

    public void Dispose() { }
}
