using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>A whole B+tree of an allocation group, leaf by leaf in the order of its keys.</summary>
internal sealed class XfsTree(IBlockSource volume, XfsSuperblock superblock, XfsTreeKind kind, uint group, uint root, uint levels)
{
    private const uint NoBlock = uint.MaxValue;

    /// <summary>
    /// All leaves. On the way verifies that levels descend one by one, that each block names its neighbours, that none below the root is empty, and that
    /// keys are those of what lies below them.
    /// </summary>
    /// <param name="blocks">Gets the number of every block of the tree; null where nobody wants them.</param>
    /// <exception cref="MalformedException">Says what contradicts; thrown while the leaves are taken.</exception>
    public IEnumerable<XfsTreeBlock> Leaves(List<uint>? blocks = null)
    {
        var path = new Stack<(XfsTreeBlock Block, int Next)>();
        var neighbours = new (uint Last, uint Expected)[levels];
        neighbours.AsSpan().Fill((NoBlock, root));
        var next = Enter(root, (int)levels - 1, neighbours);
        blocks?.Add(root);
        while (true)
        {
            if (next.Level == 0)
            {
                yield return next;
                while (path.Count > 0 && path.Peek().Next == path.Peek().Block.Count) path.Pop();
                if (path.Count == 0) break;
            }
            else
            {
                path.Push((next, 0));
            }
            var (parent, index) = path.Pop();
            path.Push((parent, index + 1));
            var child = parent.Child(index);
            // A tree that reaches a block twice repeats a neighbour, and goes no further.
            if (neighbours[parent.Level - 1].Last == NoBlock) neighbours[parent.Level - 1].Expected = child;
            next = Enter(child, parent.Level - 1, neighbours);
            if (!next.Entry(0)[..kind.ExactKeyBytes].SequenceEqual(parent.Entry(index)[..kind.ExactKeyBytes]))
                throw Malformed($"block {child} does not begin where the key above it says");
            blocks?.Add(child);
        }
        for (var level = 0; level < levels; level++)
        {
            if (neighbours[level].Expected != NoBlock) throw Malformed($"level {level} goes on behind its last block");
        }
    }

    private XfsTreeBlock Enter(uint number, int level, (uint Last, uint Expected)[] neighbours)
    {
        var block = XfsTreeBlock.Read(volume, superblock, kind, group, number);
        if (block.Level != level) throw Malformed($"block {number} is of level {block.Level} instead of {level}");
        if (block.Count == 0 && !(level == 0 && number == root)) throw Malformed($"block {number} is empty");
        var (last, expected) = neighbours[level];
        if (block.Left != last || number != expected) throw Malformed($"block {number} and its left neighbour do not name each other");
        neighbours[level] = (number, block.Right);
        return block;
    }

    private MalformedException Malformed(string what) => new($"the {kind.Name} of group {group}: {what}");
}
