using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>The bitmaps used last, in batches of neighbouring groups; a fixed amount of memory whatever the size of the volume.</summary>
internal sealed class GroupBitCache
{
    private const int BatchBytes = 64 << 10;
    private const int MostBatches = 16;

    private readonly ExtLayout _layout;
    private readonly IGroupBitmaps _bitmaps;
    private readonly LinkedList<(long Batch, byte[] Bits)> _recent = [];
    private readonly Lock _lock = new();

    public GroupBitCache(ExtLayout layout, IGroupBitmaps bitmaps)
    {
        _layout = layout;
        _bitmaps = bitmaps;
        GroupsPerBatch = Math.Clamp(BatchBytes / layout.BitmapBytes, 1, 256);
    }

    public int GroupsPerBatch { get; }

    /// <summary>The group's bitmap; stays valid and unchanged. May be called from several threads.</summary>
    /// <exception cref="MalformedException">It cannot be trusted.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public ReadOnlySpan<byte> BitsOf(long group)
    {
        var batch = group / GroupsPerBatch;
        return Get(batch).AsSpan((int)(group % GroupsPerBatch) * _layout.BitmapBytes, _layout.BitmapBytes);
    }

    private byte[] Get(long batch)
    {
        lock (_lock)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Batch != batch) continue;
                if (node != _recent.First)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                }
                return node.Value.Bits;
            }
            var first = batch * GroupsPerBatch;
            var count = (int)Math.Min(GroupsPerBatch, _layout.GroupCount - first);
            var bits = new byte[count * _layout.BitmapBytes];
            _bitmaps.Load(first, count, bits);
            if (_recent.Count == MostBatches) _recent.RemoveLast();
            _recent.AddFirst((batch, bits));
            return bits;
        }
    }
}
