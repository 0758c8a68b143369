using RescueKit.Images;

namespace RescueKit.Engine.Serving;

/// <summary>The index pages of an image that were used last, within a bound. For several threads, which load different pages at once.</summary>
/// <param name="load">Reads a region's page; what it throws goes to those who wanted it, and nothing is kept.</param>
/// <param name="capacity">Bytes, about; one page is kept whatever its size.</param>
internal sealed class PageCache(Func<int, RegionPage> load, long capacity)
{
    /// <summary>Of a row with digest and location, and of an extent in one of the three sets.</summary>
    private const int RowBytes = 64, ExtentBytes = 16;

    private readonly Dictionary<int, LinkedListNode<Entry>> _byRegion = [];
    private readonly LinkedList<Entry> _recent = [];
    private readonly Lock _lock = new();
    private long _weight;

    public RegionPage Get(int region)
    {
        LinkedListNode<Entry>? node;
        lock (_lock)
        {
            if (!_byRegion.TryGetValue(region, out node))
            {
                node = new LinkedListNode<Entry>(new Entry(region, new Lazy<RegionPage>(() => load(region))));
                _byRegion.Add(region, node);
                _recent.AddFirst(node);
            }
            else if (node != _recent.First)
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
            }
            if (node.Value.Weight > 0) return node.Value.Page.Value;
        }
        try
        {
            var page = node.Value.Page.Value;
            lock (_lock) Weigh(node, page);
            return page;
        }
        catch
        {
            lock (_lock) Remove(node);
            throw;
        }
    }

    private void Weigh(LinkedListNode<Entry> node, RegionPage page)
    {
        if (node.Value.Weight > 0 || node.List is null) return;
        node.Value.Weight = (long)page.ChunkCount * RowBytes + (page.Used.Count + page.Unreadable.Count + page.Excluded.Count) * (long)ExtentBytes;
        _weight += node.Value.Weight;
        while (_weight > capacity && _recent.Count > 1) Remove(_recent.Last!);
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        if (node.List is null) return;
        _recent.Remove(node);
        _byRegion.Remove(node.Value.Region);
        _weight -= node.Value.Weight;
    }

    private sealed class Entry(int region, Lazy<RegionPage> page)
    {
        public int Region { get; } = region;
        public Lazy<RegionPage> Page { get; } = page;

        /// <summary>0 until it is loaded.</summary>
        public long Weight { get; set; }
    }
}
