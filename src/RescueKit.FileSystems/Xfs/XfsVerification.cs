using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// Reads the trees of free space and of inodes of every group once, holds them against each other and against every count, and adds up.
/// </summary>
internal static class XfsVerification
{
    /// <summary>The map, once everything agrees.</summary>
    /// <param name="countsAreFinal">Whether the superblock's counts are binding: they lag behind while the file system is mounted.</param>
    /// <exception cref="MalformedException">Says what does not match.</exception>
    /// <exception cref="BlockReadException">A structure is unreadable.</exception>
    public static XfsAllocationMap Map(IBlockSource volume, XfsSuperblock superblock, bool countsAreFinal)
    {
        ulong free = 0, counted = 0, inodes = 0, freeInodes = 0;
        for (var number = 0u; number < superblock.GroupCount; number++)
        {
            var group = XfsGroup.Read(volume, superblock, number);
            var trees = VerifyGroup(volume, superblock, group);
            free += group.FreeBlocks;
            counted += (ulong)group.FreeBlocks + group.FreeListCount + trees;
            inodes += group.InodeCount;
            freeInodes += group.FreeInodeCount;
        }
        if (countsAreFinal)
        {
            // The superblock calls free what the trees of free space themselves, and their reserve, take.
            if (counted != superblock.FreeBlockCount) throw new MalformedException($"the groups have {counted} free blocks, the superblock says {superblock.FreeBlockCount}");
            if (inodes != superblock.InodeCount || freeInodes != superblock.FreeInodeCount)
                throw new MalformedException($"the groups have {inodes} inodes, {freeInodes} of them free, the superblock says {superblock.InodeCount} and {superblock.FreeInodeCount}");
        }
        return new XfsAllocationMap(volume, superblock, volume.Length - (long)free * superblock.BlockSize);
    }

    /// <summary>Returns how many blocks the trees of free space and the reverse map take, but for their roots.</summary>
    private static ulong VerifyGroup(IBlockSource volume, XfsSuperblock superblock, XfsGroup group)
    {
        var space = new XfsFreeSpace(volume, superblock, group);
        List<uint> blocks = [], byPlace = [], bySize = [];
        var places = Summary.Of(space.Runs(byPlace));
        var sizes = Summary.Of(space.RunsBySize(bySize));
        if (places != sizes) throw Malformed(group, "its two trees of free space do not hold the same");
        if (places.Blocks != group.FreeBlocks || places.Longest != group.LongestFree)
            throw Malformed(group, $"{places.Blocks} free blocks, {places.Longest} of them together, are not the AGF's {group.FreeBlocks} and {group.LongestFree}");
        var trees = (ulong)byPlace.Count - 1 + (ulong)bySize.Count - 1 + Math.Max(1, group.ReverseMapBlocks) - 1;
        if (superblock.HasLazyCounts && trees != group.TreeBlocks) throw Malformed(group, $"its trees have {trees} blocks below their roots, the AGF says {group.TreeBlocks}");

        VerifyApart(group, space.Runs(), new XfsInodeChunks(volume, superblock, group).Runs(blocks), "inodes");
        blocks.AddRange(byPlace);
        blocks.AddRange(bySize);
        blocks.AddRange(group.FreeList());
        if (group.ReverseMap is { } reverse) blocks.Add(reverse.Root);
        if (group.SharedBlocks is { } shared) blocks.Add(shared.Root);
        blocks.Sort();
        for (var i = 1; i < blocks.Count; i++)
        {
            if (blocks[i] == blocks[i - 1]) throw Malformed(group, $"block {blocks[i]} belongs to two of its trees");
        }
        VerifyApart(group, space.Runs(), blocks.Select(block => new XfsRun(block, 1)), "metadata");
        var (logGroup, logBlock) = superblock.PlaceOf(superblock.LogStart);
        if (logGroup == group.Number) VerifyApart(group, space.Runs(), [new XfsRun(logBlock, superblock.LogBlocks)], "the log");
        return trees;
    }

    /// <summary>Both in ascending order; those in use may overlap each other.</summary>
    private static void VerifyApart(XfsGroup group, IEnumerable<XfsRun> free, IEnumerable<XfsRun> used, string what)
    {
        using var next = free.GetEnumerator();
        var more = next.MoveNext();
        foreach (var run in used)
        {
            while (more && next.Current.End <= run.First) more = next.MoveNext();
            if (more && next.Current.First < run.End) throw Malformed(group, $"the {XfsTreeKind.FreeByPlace.Name} calls {what} at block {run.First} free");
        }
    }

    private static MalformedException Malformed(XfsGroup group, string what) => new($"allocation group {group.Number}: {what}");

    /// <summary>What two lists of the same extents have in common, in whatever order they are.</summary>
    private readonly record struct Summary(ulong Runs, ulong Blocks, uint Longest, ulong Mixed)
    {
        public static Summary Of(IEnumerable<XfsRun> runs)
        {
            var sum = default(Summary);
            foreach (var run in runs)
                sum = new Summary(sum.Runs + 1, sum.Blocks + run.Count, Math.Max(sum.Longest, run.Count), unchecked(sum.Mixed + Mix((ulong)run.First << 32 | run.Count)));
            return sum;
        }

        /// <summary>Spreads a number over all bits, so that sums of different numbers differ (the finaliser of SplitMix64).</summary>
        private static ulong Mix(ulong value)
        {
            value = unchecked((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9);
            value = unchecked((value ^ (value >> 27)) * 0x94D049BB133111EB);
            return value ^ (value >> 31);
        }
    }
}
