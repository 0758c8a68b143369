using System.Collections;

namespace RescueKit.Model;

/// <summary>
/// A sorted set of non-empty, non-overlapping, non-adjacent extents. Immutable; all operations are linear in the
/// number of extents. Sets are meant for a window of a disk (a region), so that memory does not grow with the disk.
/// </summary>
public sealed class ExtentSet : IReadOnlyList<Extent>, IEquatable<ExtentSet>
{
    private readonly Extent[] _extents;

    private ExtentSet(Extent[] sortedMerged)
    {
        _extents = sortedMerged;
        foreach (var extent in sortedMerged) TotalLength += extent.Length;
    }

    public static ExtentSet Empty { get; } = new([]);

    public int Count => _extents.Length;
    public bool IsEmpty => _extents.Length == 0;
    public Extent this[int index] => _extents[index];

    /// <summary>Bytes covered.</summary>
    public long TotalLength { get; }

    public static ExtentSet Of(params ReadOnlySpan<Extent> extents)
    {
        var builder = new ExtentSetBuilder();
        foreach (var extent in extents) builder.Add(extent);
        return builder.ToSet();
    }

    public static ExtentSet From(IEnumerable<Extent> extents)
    {
        var builder = new ExtentSetBuilder();
        foreach (var extent in extents) builder.Add(extent);
        return builder.ToSet();
    }

    /// <summary>Takes ownership of an array that is already sorted and merged.</summary>
    internal static ExtentSet FromSortedMerged(Extent[] extents) => extents.Length == 0 ? Empty : new ExtentSet(extents);

    public bool Contains(long position)
    {
        var i = FirstEndingAfter(position);
        return i < _extents.Length && _extents[i].Offset <= position;
    }

    public bool Contains(Extent extent)
    {
        if (extent.IsEmpty) return true;
        var i = FirstEndingAfter(extent.Offset);
        return i < _extents.Length && _extents[i].Contains(extent);
    }

    public bool Overlaps(Extent extent)
    {
        if (extent.IsEmpty) return false;
        var i = FirstEndingAfter(extent.Offset);
        return i < _extents.Length && _extents[i].Offset < extent.End;
    }

    /// <summary>The extents that overlap <paramref name="window"/>, not clipped to it. Allocates nothing.</summary>
    public ReadOnlySpan<Extent> Overlapping(Extent window)
    {
        if (window.IsEmpty) return [];
        var first = FirstEndingAfter(window.Offset);
        var last = first;
        while (last < _extents.Length && _extents[last].Offset < window.End) last++;
        return _extents.AsSpan(first, last - first);
    }

    public bool IsSupersetOf(ExtentSet other) => other.Except(this).IsEmpty;

    /// <summary>The part of the set inside <paramref name="window"/>.</summary>
    public ExtentSet Clip(Extent window)
    {
        if (window.IsEmpty || IsEmpty) return Empty;
        var first = FirstEndingAfter(window.Offset);
        var last = first;
        while (last < _extents.Length && _extents[last].Offset < window.End) last++;
        if (first == last) return Empty;
        if (first == 0 && last == _extents.Length && window.Contains(Extent.FromTo(_extents[0].Offset, _extents[^1].End))) return this;
        var result = _extents[first..last];
        result[0] = result[0].Intersect(window);
        result[^1] = result[^1].Intersect(window);
        return new ExtentSet(result);
    }

    public ExtentSet Shift(long delta)
    {
        if (delta == 0 || IsEmpty) return this;
        var shifted = new Extent[_extents.Length];
        for (var i = 0; i < shifted.Length; i++) shifted[i] = _extents[i].Shift(delta);
        return new ExtentSet(shifted);
    }

    /// <summary>Every extent grown outward to multiples of <paramref name="unit"/>, but not past <paramref name="limit"/>.</summary>
    public ExtentSet AlignOutward(long unit, long limit)
    {
        var builder = new ExtentSetBuilder(_extents.Length);
        foreach (var extent in _extents)
        {
            var start = extent.Offset - extent.Offset % unit;
            var over = extent.End % unit;
            var end = over == 0 ? extent.End : Math.Min(limit, extent.End > long.MaxValue - (unit - over) ? limit : extent.End + (unit - over));
            builder.Add(Extent.FromTo(start, Math.Max(end, extent.End)));
        }
        return builder.ToSet();
    }

    public ExtentSet Union(ExtentSet other)
    {
        if (other.IsEmpty) return this;
        if (IsEmpty) return other;
        var builder = new ExtentSetBuilder(Count + other.Count);
        int a = 0, b = 0;
        while (a < Count || b < other.Count)
        {
            var takeLeft = b >= other.Count || (a < Count && _extents[a].Offset <= other._extents[b].Offset);
            builder.Add(takeLeft ? _extents[a++] : other._extents[b++]);
        }
        return builder.ToSet();
    }

    public ExtentSet Intersect(ExtentSet other)
    {
        var builder = new ExtentSetBuilder();
        int a = 0, b = 0;
        while (a < Count && b < other.Count)
        {
            builder.Add(_extents[a].Intersect(other._extents[b]));
            if (_extents[a].End <= other._extents[b].End) a++;
            else b++;
        }
        return builder.ToSet();
    }

    /// <summary>What is in this set and not in <paramref name="other"/>.</summary>
    public ExtentSet Except(ExtentSet other)
    {
        if (IsEmpty || other.IsEmpty) return this;
        var builder = new ExtentSetBuilder(Count);
        var b = 0;
        foreach (var extent in _extents)
        {
            var start = extent.Offset;
            while (b < other.Count && other._extents[b].End <= start) b++;
            for (var i = b; i < other.Count && other._extents[i].Offset < extent.End; i++)
            {
                if (other._extents[i].Offset > start) builder.Add(Extent.FromTo(start, other._extents[i].Offset));
                start = Math.Max(start, other._extents[i].End);
            }
            if (start < extent.End) builder.Add(Extent.FromTo(start, extent.End));
        }
        return builder.ToSet();
    }

    /// <summary>What of <paramref name="window"/> is not in the set.</summary>
    public ExtentSet ComplementIn(Extent window) => Of(window).Except(this);

    public bool Equals(ExtentSet? other) => other is not null && _extents.AsSpan().SequenceEqual(other._extents);
    public override bool Equals(object? obj) => Equals(obj as ExtentSet);
    public override int GetHashCode() => HashCode.Combine(Count, TotalLength, Count > 0 ? _extents[0] : default);

    public IEnumerator<Extent> GetEnumerator() => ((IEnumerable<Extent>)_extents).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public ReadOnlySpan<Extent> AsSpan() => _extents;

    public override string ToString() =>
        Count <= 4 ? $"{{{string.Join(", ", _extents)}}}" : $"{{{Count} extents, {TotalLength} bytes, {_extents[0]} … {_extents[^1]}}}";

    private int FirstEndingAfter(long position)
    {
        int low = 0, high = _extents.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_extents[middle].End > position) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
