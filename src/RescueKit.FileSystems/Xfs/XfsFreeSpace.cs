using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>A run of blocks of an allocation group.</summary>
internal readonly record struct XfsRun(uint First, uint Count)
{
    public ulong End => (ulong)First + Count;

    public static XfsRun Read(ReadOnlySpan<byte> record) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[4..]));
}

/// <summary>The free extents of one allocation group as its tree by place has them.</summary>
internal sealed class XfsFreeSpace(IBlockSource volume, XfsSuperblock superblock, XfsGroup group)
{
    /// <summary>In ascending order, apart from each other and inside the group.</summary>
    /// <param name="blocks">Gets the numbers of the tree's blocks.</param>
    /// <exception cref="MalformedException">The tree contradicts itself; thrown while the extents are taken.</exception>
    public IEnumerable<XfsRun> Runs(List<uint>? blocks = null)
    {
        var (root, levels) = group.ByPlace;
        var end = (ulong)group.HeaderBlocks;
        foreach (var leaf in new XfsTree(volume, superblock, XfsTreeKind.FreeByPlace, group.Number, root, levels).Leaves(blocks))
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                var run = XfsRun.Read(leaf.Entry(i));
                if (run.First < end || run.Count == 0 || run.End > group.Blocks)
                    throw new MalformedException($"the {XfsTreeKind.FreeByPlace.Name} of group {group.Number}: the free extent of {run.Count} blocks at {run.First} is out of order or range");
                end = run.End;
                yield return run;
            }
        }
    }

    /// <summary>What the tree by size has, in its order.</summary>
    /// <inheritdoc cref="Runs" path="/param|/exception"/>
    public IEnumerable<XfsRun> RunsBySize(List<uint>? blocks = null)
    {
        var (root, levels) = group.BySize;
        var last = default(XfsRun);
        foreach (var leaf in new XfsTree(volume, superblock, XfsTreeKind.FreeBySize, group.Number, root, levels).Leaves(blocks))
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                var run = XfsRun.Read(leaf.Entry(i));
                if ((run.Count, run.First).CompareTo((last.Count, last.First)) <= 0)
                    throw new MalformedException($"the {XfsTreeKind.FreeBySize.Name} of group {group.Number}: the free extent of {run.Count} blocks at {run.First} is out of order");
                last = run;
                yield return run;
            }
        }
    }
}
