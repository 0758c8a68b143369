using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// What the trees of free space do not call free, window by window. The headers, trees and free lists of the groups, the log, and what lies behind the last
/// group count as used.
/// </summary>
internal sealed class XfsAllocationMap : IAllocationMap
{
    private const int MostGroups = 64;

    /// <summary>4 MiB at the largest block size.</summary>
    private const int MostBlocks = 64;

    private readonly IBlockSource _volume;
    private readonly XfsSuperblock _superblock;
    private readonly RecentlyUsed<XfsGroup> _groups;
    private readonly RecentlyUsed<XfsTreeBlock> _blocks;

    public XfsAllocationMap(IBlockSource volume, XfsSuperblock superblock, long usedBytes)
    {
        (_volume, _superblock, UsedBytes) = (volume, superblock, usedBytes);
        _groups = new RecentlyUsed<XfsGroup>(MostGroups, number => XfsGroup.Read(volume, superblock, (uint)number));
        _blocks = new RecentlyUsed<XfsTreeBlock>(MostBlocks, place =>
            XfsTreeBlock.Read(volume, superblock, XfsTreeKind.FreeByPlace, (uint)(place >> 32), (uint)place));
    }

    public long UsedBytes { get; }

    public ExtentSet UsedIn(Extent window)
    {
        window = window.Intersect(new Extent(0, _volume.Length));
        var used = new ExtentSetBuilder();
        var groupBytes = (long)_superblock.BlocksPerGroup * _superblock.BlockSize;
        var position = window.Offset;
        var end = Math.Min(window.End, _superblock.Length);
        while (position < end)
        {
            var number = (uint)(position / groupBytes);
            var groupEnd = Math.Min(end, (number + 1L) * groupBytes);
            foreach (var free in FreeIn(number, Extent.FromTo(position, groupEnd)))
            {
                used.Add(Extent.FromTo(position, free.Offset));
                position = free.End;
            }
            used.Add(Extent.FromTo(position, groupEnd));
            position = groupEnd;
        }
        used.Add(Extent.FromTo(_superblock.Length, Math.Max(_volume.Length, _superblock.Length)).Intersect(window));
        return used.ToSet();
    }

    /// <summary>The free extents of a group, clipped to a window inside it, in ascending order.</summary>
    private List<Extent> FreeIn(uint number, Extent window)
    {
        var found = new List<Extent>();
        try
        {
            var (root, levels) = _groups.Get(number).ByPlace;
            var start = _superblock.OffsetOf(number, 0);
            var first = (uint)((window.Offset - start) / _superblock.BlockSize);
            var end = (ulong)((window.End - start + _superblock.BlockSize - 1) / _superblock.BlockSize);
            Collect(number, root, (int)levels - 1, first, end, window, found);
        }
        catch (MalformedException e)
        {
            // It was good when the map was made: the volume changes under our hands, or the device returns something else.
            throw new BlockReadException($"{_volume.Name}: {e.Message}, which it did not when first read", window, "make sure that nothing writes to the volume", e);
        }
        return found;
    }

    private void Collect(uint number, uint block, int level, uint first, ulong end, Extent window, List<Extent> found)
    {
        var node = _blocks.Get((long)number << 32 | block);
        if (node.Level != level) throw new MalformedException($"block {block} of group {number} is of level {node.Level} instead of {level}");
        // The last entry that begins at or before the window may reach into it.
        for (var i = Math.Max(0, node.FirstAfter(first) - 1); i < node.Count && BinaryPrimitives.ReadUInt32BigEndian(node.Entry(i)) < end; i++)
        {
            if (level > 0)
            {
                Collect(number, node.Child(i), level - 1, first, end, window, found);
                continue;
            }
            var run = XfsRun.Read(node.Entry(i));
            if (run.End > _superblock.BlocksIn(number)) throw new MalformedException($"the free extent at {run.First} of group {number} is out of range");
            var free = new Extent(_superblock.OffsetOf(number, run.First), (long)run.Count * _superblock.BlockSize).Intersect(window);
            if (!free.IsEmpty && (found.Count == 0 || free.Offset >= found[^1].End)) found.Add(free);
        }
    }
}
