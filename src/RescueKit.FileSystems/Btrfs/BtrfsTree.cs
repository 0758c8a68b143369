using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>An item of a tree.</summary>
internal readonly record struct BtrfsItem(BtrfsKey Key, ReadOnlyMemory<byte> Data);

/// <summary>A tree of items, in the order of their keys.</summary>
internal sealed class BtrfsTree(BtrfsNodes nodes, ulong id, ulong root, int level, ulong generation)
{
    /// <summary>The items whose keys lie in a range, both ends included.</summary>
    /// <exception cref="MalformedException">A block is damaged, or not where its key and level belong; thrown while items are taken.</exception>
    public IEnumerable<BtrfsItem> Items(BtrfsKey first, BtrfsKey last)
    {
        var path = new Stack<(BtrfsNode Node, int Next)>();
        BtrfsKey? taken = null;
        Enter(root, level, generation, null);
        while (path.TryPop(out var top))
        {
            if (top.Next == top.Node.Count || top.Node.Key(top.Next).CompareTo(last) > 0) continue;
            path.Push((top.Node, top.Next + 1));
            if (top.Node.Level > 0)
            {
                var (address, childGeneration) = top.Node.Child(top.Next);
                Enter(address, top.Node.Level - 1, childGeneration, top.Node.Key(top.Next));
                continue;
            }
            // Keys that only grow end a tree that reaches a block twice.
            var key = top.Node.Key(top.Next);
            if (taken is { } before && key.CompareTo(before) <= 0) throw new MalformedException($"tree {id} is out of order at {key}");
            taken = key;
            yield return new BtrfsItem(key, top.Node.Item(top.Next));
        }

        void Enter(ulong address, int expectedLevel, ulong expectedGeneration, BtrfsKey? firstKey)
        {
            var node = Get(address, expectedLevel, expectedGeneration, firstKey);
            // The last key that is not greater may have what the range begins with below it.
            var index = node.FirstAfter(first);
            path.Push((node, node.Level > 0 || (index > 0 && node.Key(index - 1) == first) ? Math.Max(0, index - 1) : index));
        }
    }

    public IEnumerable<BtrfsItem> All() => Items(default, new BtrfsKey(ulong.MaxValue, byte.MaxValue, ulong.MaxValue));

    /// <summary>The first number of the last key whose first number is smaller than this; null where there is none.</summary>
    public ulong? LastIdBefore(ulong number)
    {
        var node = Get(root, level, generation, null);
        while (true)
        {
            var index = node.FirstAfter(new BtrfsKey(number, 0, 0)) - 1;
            if (index >= 0 && node.Key(index).Id >= number) index--;
            if (index < 0) return null;
            if (node.Level == 0) return node.Key(index).Id;
            var (address, childGeneration) = node.Child(index);
            node = Get(address, node.Level - 1, childGeneration, node.Key(index));
        }
    }

    private BtrfsNode Get(ulong address, int expectedLevel, ulong expectedGeneration, BtrfsKey? firstKey)
    {
        var node = nodes.Get(address);
        if (node.Level != expectedLevel || node.Generation != expectedGeneration || node.Owner != id)
            throw new MalformedException($"the block at address {address} is of tree {node.Owner}, level {node.Level}, generation {node.Generation} instead of {id}, {expectedLevel}, {expectedGeneration}");
        if (firstKey is { } key && (node.Count == 0 || node.Key(0) != key)) throw new MalformedException($"the block at address {address} does not begin where the key above it says");
        return node;
    }
}
