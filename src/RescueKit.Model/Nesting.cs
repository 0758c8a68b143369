namespace RescueKit.Model;

/// <summary>
/// How a range of addresses is dealt out to columns in turn, a stripe each; one column holds all of it in one piece. Rows of stripes follow each other on every column, so
/// that a range of addresses is one range of each column.
/// </summary>
/// <param name="Columns">At least 1.</param>
/// <param name="StripeLength">Bytes; of no meaning with one column.</param>
public readonly record struct Striping(int Columns, long StripeLength)
{
    public static Striping None => new(1, 1);

    /// <summary>How much of a column lies before an address.</summary>
    public long ToColumn(int column, long address)
    {
        if (Columns == 1) return address;
        var row = Columns * StripeLength;
        return address / row * StripeLength + Math.Clamp(address % row - column * StripeLength, 0, StripeLength);
    }

    /// <summary>The addresses of which something lies in a range of a column: with several columns, those of the others beside it, too.</summary>
    public (long Start, long End) Around(long from, long to)
    {
        if (Columns == 1) return (from, to);
        var row = Columns * StripeLength;
        return (from / StripeLength * row, (to + StripeLength - 1) / StripeLength * row);
    }
}

/// <summary>A piece of a volume inside another one: what one column has of a range of its addresses.</summary>
/// <param name="Address">Where the range begins in the inner volume.</param>
/// <param name="Length">Bytes of the range, of all its columns.</param>
/// <param name="Place">Where the column lies in the outer volume.</param>
public sealed record NestedPiece(long Address, long Length, Extent Place, Striping Striping, int Column)
{
    public long End => Address + Length;
}

/// <summary>A volume inside another one, all of it: a logical volume, the data of a RAID's member, a volume of a dynamic disk.</summary>
/// <param name="Name">For a person, for example "logical volume vg/root".</param>
/// <param name="Pieces">In the order of their addresses, from 0 on without gaps; those of one range with all its columns.</param>
public sealed record NestedVolume(string Name, IReadOnlyList<NestedPiece> Pieces)
{
    public long Length => Pieces.Count == 0 ? 0 : Pieces[^1].End;
}
