using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>What pages add up to. Bytes, unless the name says chunks.</summary>
internal readonly record struct PageTotals(long Used, long Unreadable, long Excluded, long DataChunks, long ZeroChunks, long PendingChunks)
{
    public static PageTotals Of(RegionPage page)
    {
        long data = 0, zero = 0, pending = 0;
        for (var i = 0; i < page.ChunkCount; i++)
        {
            var state = page.State(i);
            if (state == ChunkState.Data) data++;
            else if (state == ChunkState.Zero) zero++;
            else if (state == ChunkState.Pending) pending++;
        }
        return new PageTotals(page.Used.TotalLength, page.Unreadable.TotalLength, page.Excluded.TotalLength, data, zero, pending);
    }

    public PageTotals Plus(PageTotals other) => new(Used + other.Used, Unreadable + other.Unreadable, Excluded + other.Excluded,
        DataChunks + other.DataChunks, ZeroChunks + other.ZeroChunks, PendingChunks + other.PendingChunks);

    public PageTotals Minus(PageTotals other) => new(Used - other.Used, Unreadable - other.Unreadable, Excluded - other.Excluded,
        DataChunks - other.DataChunks, ZeroChunks - other.ZeroChunks, PendingChunks - other.PendingChunks);
}
