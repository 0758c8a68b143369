using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;
using static RescueKit.FileSystems.Xfs.XfsFeatures;

namespace RescueKit.FileSystems.Xfs;

/// <summary>Where the inodes of one allocation group lie: chunks of 64, of which sparse ones have holes. Source: xfs_format.h, struct xfs_inobt_rec.</summary>
internal sealed class XfsInodeChunks(IBlockSource volume, XfsSuperblock superblock, XfsGroup group)
{
    private const int InodesOfChunk = 64, InodesOfHoleBit = 4;

    /// <summary>The blocks of all inodes, in ascending order, with the trees' counts held against the header's.</summary>
    /// <param name="blocks">Gets the numbers of the trees' blocks.</param>
    /// <exception cref="MalformedException">The trees contradict themselves or the header.</exception>
    public IEnumerable<XfsRun> Runs(List<uint> blocks)
    {
        var (count, free, freeAgain) = (0UL, 0UL, 0UL);
        var (root, levels) = group.Inodes;
        foreach (var (first, holes, inodes, freeInodes) in Records(XfsTreeKind.Inodes, root, levels, blocks))
        {
            (count, free) = (count + inodes, free + freeInodes);
            foreach (var run in Present(first, holes)) yield return run;
        }
        if (count != group.InodeCount || free != group.FreeInodeCount)
            throw Malformed(XfsTreeKind.Inodes, $"{count} inodes, {free} of them free, are not the AGI's {group.InodeCount} and {group.FreeInodeCount}");
        if (group.FreeInodes is not { } freeTree) yield break;
        foreach (var record in Records(XfsTreeKind.FreeInodes, freeTree.Root, freeTree.Levels, blocks)) freeAgain += record.Free;
        if (freeAgain != free) throw Malformed(XfsTreeKind.FreeInodes, $"{freeAgain} free inodes are not the {free} of the {XfsTreeKind.Inodes.Name}");
    }

    private IEnumerable<(uint First, ushort Holes, uint Inodes, uint Free)> Records(XfsTreeKind kind, uint root, uint levels, List<uint> blocks)
    {
        var end = 0UL;
        foreach (var leaf in new XfsTree(volume, superblock, kind, group.Number, root, levels).Leaves(blocks))
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                var record = Parse(leaf.Entry(i));
                if (record.First < end || record.Free > record.Inodes) throw Malformed(kind, $"the chunk of inode {record.First} is out of order or counts wrong");
                end = record.First + (ulong)InodesOfChunk;
                yield return record;
            }
        }
    }

    /// <summary>A record says how many of 64 inodes are free, and which; with sparse inodes also which are there, and how many.</summary>
    private (uint First, ushort Holes, uint Inodes, uint Free) Parse(ReadOnlySpan<byte> record)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(record);
        var free = BinaryPrimitives.ReadUInt64BigEndian(record[8..]);
        ushort holes = 0;
        var (inodes, freeInodes) = ((uint)InodesOfChunk, BinaryPrimitives.ReadUInt32BigEndian(record[4..]));
        if (superblock.Has(Incompatible.SparseInodes))
        {
            holes = BinaryPrimitives.ReadUInt16BigEndian(record[4..]);
            (inodes, freeInodes) = (record[6], record[7]);
            for (var bit = 0; bit < 16; bit++)
            {
                if ((holes >> bit & 1) != 0) free &= ~(0xFUL << bit * InodesOfHoleBit);
            }
        }
        if (inodes != InodesOfChunk - (uint)BitOperations.PopCount(holes) * InodesOfHoleBit || freeInodes != (uint)BitOperations.PopCount(free))
            throw Malformed(XfsTreeKind.Inodes, $"the chunk of inode {first} counts {inodes} inodes and {freeInodes} free ones, and has others");
        return (first, holes, inodes, freeInodes);
    }

    private IEnumerable<XfsRun> Present(uint firstInode, ushort holes)
    {
        var perBlock = (ulong)superblock.InodesPerBlock;
        var (first, end) = (ulong.MaxValue, 0UL);
        for (var bit = 0; bit < 16; bit++)
        {
            if ((holes >> bit & 1) != 0) continue;
            var inode = firstInode + (ulong)(bit * InodesOfHoleBit);
            var (from, to) = (inode / perBlock, (inode + InodesOfHoleBit + perBlock - 1) / perBlock);
            if (to > group.Blocks) throw Malformed(XfsTreeKind.Inodes, $"inode {inode} is out of range");
            if (first != ulong.MaxValue && from > end)
            {
                yield return new XfsRun((uint)first, (uint)(end - first));
                first = from;
            }
            first = Math.Min(first, from);
            end = to;
        }
        if (first != ulong.MaxValue) yield return new XfsRun((uint)first, (uint)(end - first));
    }

    private MalformedException Malformed(XfsTreeKind kind, string what) => new($"the {kind.Name} of group {group.Number}: {what}");
}
