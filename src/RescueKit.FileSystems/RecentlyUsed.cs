namespace RescueKit.FileSystems;

/// <summary>The pieces of metadata used last, a fixed number of them whatever the size of the volume. For several threads.</summary>
/// <param name="capacity">How many are kept.</param>
/// <param name="load">Reads one, under the lock; what it throws goes to the caller, and nothing is kept.</param>
internal sealed class RecentlyUsed<T>(int capacity, Func<long, T> load)
{
    private readonly LinkedList<(long Key, T Value)> _recent = [];
    private readonly Lock _lock = new();

    public T Get(long key)
    {
        lock (_lock)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key) continue;
                if (node != _recent.First)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                }
                return node.Value.Value;
            }
            var value = load(key);
            if (_recent.Count == capacity) _recent.RemoveLast();
            _recent.AddFirst((key, value));
            return value;
        }
    }
}
