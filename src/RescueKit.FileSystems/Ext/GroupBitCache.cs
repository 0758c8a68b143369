using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>The bitmaps used last, in batches of neighbouring groups; a fixed amount of memory whatever the size of the volume.</summary>
internal sealed class GroupBitCache
{
    private const int BatchBytes = 64 << 10;
    private const int MostBatches = 16;

    private readonly ExtLayout _layout;
    private readonly RecentlyUsed<byte[]> _batches;

    public GroupBitCache(ExtLayout layout, IGroupBitmaps bitmaps)
    {
        _layout = layout;
        GroupsPerBatch = Math.Clamp(BatchBytes / layout.BitmapBytes, 1, 256);
        _batches = new RecentlyUsed<byte[]>(MostBatches, batch =>
        {
            var first = batch * GroupsPerBatch;
            var count = (int)Math.Min(GroupsPerBatch, layout.GroupCount - first);
            var bits = new byte[count * layout.BitmapBytes];
            bitmaps.Load(first, count, bits);
            return bits;
        });
    }

    public int GroupsPerBatch { get; }

    /// <summary>The group's bitmap; stays valid and unchanged. May be called from several threads.</summary>
    /// <exception cref="MalformedException">It cannot be trusted.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public ReadOnlySpan<byte> BitsOf(long group) =>
        _batches.Get(group / GroupsPerBatch).AsSpan((int)(group % GroupsPerBatch) * _layout.BitmapBytes, _layout.BitmapBytes);
}
