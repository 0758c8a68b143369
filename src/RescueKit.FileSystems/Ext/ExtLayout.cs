using RescueKit.Model;
using static RescueKit.FileSystems.Ext.ExtFeatures;

namespace RescueKit.FileSystems.Ext;

/// <summary>A run of blocks.</summary>
internal readonly record struct BlockRun(long First, long Count)
{
    public long End => First + Count;

    public BlockRun Clip(long from, long to)
    {
        var first = Math.Max(First, from);
        return new BlockRun(first, Math.Max(0, Math.Min(End, to) - first));
    }
}

/// <summary>Where a validated superblock puts its groups, backup superblocks and group descriptors.</summary>
internal sealed class ExtLayout(ExtSuperblock superblock)
{
    private readonly bool _metaBg = superblock.Has(Incompatible.MetaBg);
    private readonly bool _sparseSuper = superblock.Has(ReadOnlyCompatible.SparseSuper);
    private readonly bool _sparseSuper2 = superblock.Has(Compatible.SparseSuper2);

    public ExtSuperblock Superblock { get; } = superblock;
    public long BlockCount { get; } = (long)superblock.BlockCount;
    public int BlockSize { get; } = superblock.BlockSize;
    public int ClusterRatio { get; } = superblock.ClusterRatio;
    public long ClusterBytes { get; } = (long)superblock.BlockSize * superblock.ClusterRatio;
    public long FirstDataBlock { get; } = superblock.FirstDataBlock;
    public long BlocksPerGroup { get; } = superblock.BlocksPerGroup;
    public int ClustersPerGroup { get; } = (int)superblock.ClustersPerGroup;
    public int BitmapBytes { get; } = (int)superblock.ClustersPerGroup / 8;
    public long GroupCount { get; } = superblock.GroupCount;

    public long FirstBlockOf(long group) => FirstDataBlock + group * BlocksPerGroup;

    public long EndBlockOf(long group) => Math.Min(BlockCount, FirstBlockOf(group + 1));

    public long GroupOf(long block) => (block - FirstDataBlock) / BlocksPerGroup;

    /// <summary>Bits of the group's bitmap that mean something; the last cluster may reach past the end.</summary>
    public int ClustersIn(long group) => (int)((EndBlockOf(group) - FirstBlockOf(group) + ClusterRatio - 1) / ClusterRatio);

    /// <summary>Block that holds descriptor block <paramref name="index"/> (its primary copy).</summary>
    public long DescriptorBlock(long index)
    {
        if (!_metaBg || index < Superblock.FirstMetaBg) return Superblock.SuperblockBlock + 1 + index;
        var group = index * Superblock.DescriptorsPerBlock;
        return FirstBlockOf(group) + (HasSuperblock(group) ? 1 : 0) + BootGap(group);
    }

    /// <summary>Backup or primary superblock and descriptors at the head of a group: none, one or two runs.</summary>
    public (BlockRun, BlockRun) HeadOf(long group)
    {
        var first = FirstBlockOf(group);
        var hasSuperblock = HasSuperblock(group);
        // Block 0 belongs to the boot code where clusters of 1 KiB blocks begin there.
        var head = new BlockRun(first, BootGap(group) + (hasSuperblock ? 1 : 0));
        var metaGroup = group / Superblock.DescriptorsPerBlock;
        if (!_metaBg || metaGroup < Superblock.FirstMetaBg)
        {
            if (!hasSuperblock) return (head, default);
            var descriptors = (_metaBg ? Superblock.FirstMetaBg : Superblock.DescriptorBlocks) + Superblock.ReservedGdtBlocks;
            return (head, new BlockRun(head.End, descriptors).Clip(0, BlockCount));
        }
        var inMetaGroup = group % Superblock.DescriptorsPerBlock;
        var hasDescriptors = inMetaGroup is 0 or 1 || inMetaGroup == Superblock.DescriptorsPerBlock - 1;
        return (head, hasDescriptors ? new BlockRun(head.End, 1).Clip(0, BlockCount) : default);
    }

    /// <summary>The part of a run that lies in a group, as clusters of that group's bitmap.</summary>
    public (int First, int Count) ClusterRange(long group, BlockRun run)
    {
        var inGroup = run.Clip(FirstBlockOf(group), EndBlockOf(group));
        if (inGroup.Count == 0) return (0, 0);
        var first = (inGroup.First - FirstBlockOf(group)) / ClusterRatio;
        var end = (inGroup.End - FirstBlockOf(group) + ClusterRatio - 1) / ClusterRatio;
        return ((int)first, (int)(end - first));
    }

    /// <summary>Whether the bitmap of a group marks all of a run that lies in it.</summary>
    public bool AllSet(ReadOnlySpan<byte> bits, long group, BlockRun run)
    {
        var (first, count) = ClusterRange(group, run);
        return GroupBits.Next(bits, first, first + count, false) == first + count;
    }

    private int BootGap(long group) => group == 0 && FirstDataBlock == 0 && BlockSize == 1024 ? 1 : 0;

    private bool HasSuperblock(long group)
    {
        if (group == 0) return true;
        if (_sparseSuper2) return group == Superblock.BackupGroups.First || group == Superblock.BackupGroups.Second;
        if (group == 1 || !_sparseSuper) return true;
        return (group & 1) == 1 && (IsPowerOf(group, 3) || IsPowerOf(group, 5) || IsPowerOf(group, 7));
    }

    private static bool IsPowerOf(long number, int root)
    {
        while (number % root == 0) number /= root;
        return number == 1;
    }
}
