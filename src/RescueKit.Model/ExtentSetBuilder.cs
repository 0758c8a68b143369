namespace RescueKit.Model;

/// <summary>Collects extents in any order into an <see cref="ExtentSet"/>; cheapest when they come in ascending order.</summary>
public sealed class ExtentSetBuilder(int capacity = 0)
{
    private readonly List<Extent> _extents = new(capacity);
    private bool _sorted = true;

    /// <summary>Extents held now; those that came out of order are not merged yet.</summary>
    public int Count => _extents.Count;

    public void Add(Extent extent)
    {
        if (extent.IsEmpty) return;
        if (_sorted && _extents.Count > 0)
        {
            var last = _extents[^1];
            if (extent.Offset >= last.Offset && extent.Offset <= last.End)
            {
                if (extent.End > last.End) _extents[^1] = Extent.FromTo(last.Offset, extent.End);
                return;
            }
            if (extent.Offset < last.Offset) _sorted = false;
        }
        _extents.Add(extent);
    }

    public void Add(long offset, long length) => Add(new Extent(offset, length));

    public void Add(ExtentSet set)
    {
        foreach (var extent in set.AsSpan()) Add(extent);
    }

    public ExtentSet ToSet()
    {
        if (!_sorted) Merge();
        return ExtentSet.FromSortedMerged([.. _extents]);
    }

    private void Merge()
    {
        _extents.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var kept = 0;
        for (var i = 1; i < _extents.Count; i++)
        {
            if (_extents[i].Offset <= _extents[kept].End)
                _extents[kept] = Extent.FromTo(_extents[kept].Offset, Math.Max(_extents[kept].End, _extents[i].End));
            else
                _extents[++kept] = _extents[i];
        }
        if (_extents.Count > 0) _extents.RemoveRange(kept + 1, _extents.Count - kept - 1);
        _sorted = true;
    }
}
