using RescueKit.Model;

namespace RescueKit.Engine.Serving;

/// <summary>
/// The decoded chunks that were used last, in a fixed number of buffers. For several threads: who wants what another one is decoding waits for
/// it, and a buffer that is being read from is not used for another chunk.
/// </summary>
/// <param name="slots">How many chunks there is room for.</param>
/// <param name="chunkSize">Bytes; the last chunk of a disk may be shorter.</param>
/// <param name="decode">Fills a buffer with a chunk; what it throws goes to those who wanted it, and nothing is kept.</param>
internal sealed class ChunkCache(int slots, int chunkSize, ChunkCache.Decode decode) : IDisposable
{
    private readonly object _gate = new();
    private readonly Dictionary<long, LinkedListNode<Slot>> _byChunk = [];
    private readonly LinkedList<Slot> _recent = [];
    private int _made;
    private long _decoded;

    internal delegate void Decode(long chunk, Span<byte> content);

    /// <summary>How many chunks were decoded so far.</summary>
    public long Decoded
    {
        get
        {
            lock (_gate) return _decoded;
        }
    }

    /// <summary>Copies bytes of a chunk, from <paramref name="offset"/> in it.</summary>
    public void Read(long chunk, int offset, Span<byte> destination)
    {
        var slot = Take(chunk, isWanted: true)!;
        try
        {
            slot.Buffer.Span.Slice(offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            Release(slot);
        }
    }

    /// <summary>Decodes a chunk for later; nothing where it is there, or where no buffer is free.</summary>
    public void Load(long chunk)
    {
        if (Take(chunk, isWanted: false) is { } slot) Release(slot);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var slot in _recent) ((IDisposable)slot.Buffer).Dispose();
            _recent.Clear();
            _byChunk.Clear();
            _made = slots; // none is made any more
        }
    }

    private Slot? Take(long chunk, bool isWanted)
    {
        LinkedListNode<Slot>? node;
        lock (_gate)
        {
            while (true)
            {
                if (_byChunk.TryGetValue(chunk, out node))
                {
                    if (!isWanted) return null;
                    if (!node.Value.IsLoading)
                    {
                        node.Value.Users++;
                        MoveToFront(node);
                        return node.Value;
                    }
                }
                else if ((node = Free()) is not null)
                {
                    break;
                }
                else if (!isWanted)
                {
                    return null;
                }
                Monitor.Wait(_gate);
            }
            if (node.Value.Chunk >= 0) _byChunk.Remove(node.Value.Chunk);
            (node.Value.Chunk, node.Value.IsLoading, node.Value.Users) = (chunk, true, 1);
            _byChunk[chunk] = node;
            MoveToFront(node);
        }
        Fill(node);
        return node.Value;
    }

    private void Fill(LinkedListNode<Slot> node)
    {
        var slot = node.Value;
        var isGood = false;
        try
        {
            decode(slot.Chunk, slot.Buffer.Span);
            isGood = true;
        }
        finally
        {
            lock (_gate)
            {
                slot.IsLoading = false;
                _decoded++;
                if (!isGood)
                {
                    _byChunk.Remove(slot.Chunk);
                    (slot.Chunk, slot.Users) = (-1, 0);
                    _recent.Remove(node);
                    _recent.AddLast(node);
                }
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Release(Slot slot)
    {
        lock (_gate)
        {
            if (--slot.Users == 0) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The one that was used longest ago of those that nobody reads from; null where there is none.</summary>
    private LinkedListNode<Slot>? Free()
    {
        if (_made < slots)
        {
            _made++;
            return _recent.AddLast(new Slot(new AlignedBuffer(chunkSize)));
        }
        for (var node = _recent.Last; node is not null; node = node.Previous)
            if (node.Value.Users == 0) return node;
        return null;
    }

    private void MoveToFront(LinkedListNode<Slot> node)
    {
        if (node == _recent.First) return;
        _recent.Remove(node);
        _recent.AddFirst(node);
    }

    private sealed class Slot(AlignedBuffer buffer)
    {
        public AlignedBuffer Buffer { get; } = buffer;
        public long Chunk { get; set; } = -1;
        public int Users { get; set; }
        public bool IsLoading { get; set; }
    }
}
