using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>Block bitmaps as an allocation map. What lies before the first block and after the last one counts as used.</summary>
internal sealed class ExtAllocationMap(IBlockSource volume, ExtLayout layout, GroupBitCache bits, long usedBytes) : IAllocationMap
{
    public long UsedBytes { get; } = usedBytes;

    public ExtentSet UsedIn(Extent window)
    {
        window = window.Intersect(new Extent(0, volume.Length));
        var used = new ExtentSetBuilder();
        var start = layout.FirstDataBlock * layout.BlockSize;
        var end = layout.BlockCount * layout.BlockSize;
        used.Add(new Extent(0, start).Intersect(window));
        var inside = window.Intersect(Extent.FromTo(start, end));
        if (!inside.IsEmpty)
        {
            var last = layout.GroupOf((inside.End - 1) / layout.BlockSize);
            for (var group = layout.GroupOf(inside.Offset / layout.BlockSize); group <= last; group++) AddGroup(group, inside, used);
        }
        used.Add(Extent.FromTo(end, volume.Length).Intersect(window));
        return used.ToSet();
    }

    private void AddGroup(long group, Extent window, ExtentSetBuilder used)
    {
        var groupStart = layout.FirstBlockOf(group) * layout.BlockSize;
        var groupEnd = layout.EndBlockOf(group) * layout.BlockSize;
        var wanted = window.Intersect(Extent.FromTo(groupStart, groupEnd));
        var bitmap = Bitmap(group);
        var position = (int)((wanted.Offset - groupStart) / layout.ClusterBytes);
        var end = (int)((wanted.End - groupStart + layout.ClusterBytes - 1) / layout.ClusterBytes);
        while ((position = GroupBits.Next(bitmap, position, end, true)) < end)
        {
            var stop = GroupBits.Next(bitmap, position, end, false);
            used.Add(Extent.FromTo(groupStart + position * layout.ClusterBytes, groupStart + stop * layout.ClusterBytes).Intersect(wanted));
            position = stop;
        }
    }

    private ReadOnlySpan<byte> Bitmap(long group)
    {
        try
        {
            return bits.BitsOf(group);
        }
        catch (MalformedException e)
        {
            // It was good when the map was made: the volume changes under our hands, or the device returns something else.
            var extent = Extent.FromTo(layout.FirstBlockOf(group) * layout.BlockSize, layout.EndBlockOf(group) * layout.BlockSize);
            throw new BlockReadException($"{volume.Name}: {e.Message}, which it did not when first read", extent, "make sure that nothing writes to the volume", e);
        }
    }
}
