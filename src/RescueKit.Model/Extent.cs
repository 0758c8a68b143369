namespace RescueKit.Model;

/// <summary>A byte range of a disk or volume. Offset and length are in bytes, never negative, and their sum fits a long.</summary>
public readonly record struct Extent
{
    public Extent(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > long.MaxValue - offset)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"extent at {offset} would end past 2^63");
        Offset = offset;
        Length = length;
    }

    public long Offset { get; }
    public long Length { get; }

    /// <summary>First byte after the range.</summary>
    public long End => Offset + Length;

    public bool IsEmpty => Length == 0;

    public static Extent FromTo(long start, long end) => new(start, end - start);

    public bool Contains(long position) => position >= Offset && position < End;
    public bool Contains(Extent other) => other.Offset >= Offset && other.End <= End;
    public bool Overlaps(Extent other) => Offset < other.End && other.Offset < End;

    /// <summary>The common range; empty (length 0) where there is none.</summary>
    public Extent Intersect(Extent other)
    {
        var start = Math.Max(Offset, other.Offset);
        var end = Math.Min(End, other.End);
        return end > start ? FromTo(start, end) : new Extent(start, 0);
    }

    public Extent Shift(long delta) => new(Offset + delta, Length);

    public override string ToString() => $"[{Offset}, {End})";
}
