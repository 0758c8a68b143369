using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>What of a file system's own statements has to hold before its bitmaps are believed.</summary>
/// <param name="GroupCounts">Free counts of the group descriptors.</param>
/// <param name="SuperblockCount">Free count of the superblock, which lags behind while the file system is in use.</param>
internal readonly record struct ExtStrictness(bool GroupCounts, bool SuperblockCount)
{
    public static ExtStrictness Clean => new(true, true);
    public static ExtStrictness Replayed => new(true, false);
    public static ExtStrictness Unclean => new(false, false);
}

/// <summary>Reads every bitmap once, cross-checks, and adds up.</summary>
internal static class ExtVerification
{
    /// <summary>Runs of metadata in uninitialised groups of others that are remembered; real file systems have none.</summary>
    private const int MostForeignRuns = 4096;

    /// <summary>Verifies everything and returns the bitmaps to build a map from.</summary>
    /// <exception cref="MalformedException">Says what does not match.</exception>
    /// <exception cref="BlockReadException">A structure is unreadable.</exception>
    public static IGroupBitmaps Verified(IBlockSource volume, ExtLayout layout, ExtStrictness strictness)
    {
        var bitmaps = new GroupBitmaps(volume, layout, ForeignInUninitialised(volume, layout), strictness.GroupCounts);
        var bits = new GroupBitCache(layout, bitmaps);
        VerifyMetadataIsMarked(volume, layout, bits);
        ExtMetadata.VerifyApart(Descriptors(volume, layout).Select(entry => entry.Descriptor), layout);
        ExtMetadata.VerifyRoot(volume, layout);
        if (strictness.GroupCounts) VerifyInodeBitmaps(volume, layout);
        var freeBlocks = FreeClusters(layout, bits) * layout.ClusterRatio;
        if (strictness.SuperblockCount && freeBlocks != (long)layout.Superblock.FreeBlockCount)
            throw new MalformedException($"the bitmaps have {freeBlocks} free blocks, the superblock says {layout.Superblock.FreeBlockCount}");
        return bitmaps;
    }

    /// <summary>A map over bitmaps that <see cref="Verified"/> has passed, or over a superset of them.</summary>
    public static IAllocationMap Map(IBlockSource volume, ExtLayout layout, IGroupBitmaps bitmaps)
    {
        var bits = new GroupBitCache(layout, bitmaps);
        var freeBytes = FreeClusters(layout, bits) * layout.ClusterBytes;
        // A last cluster that reaches past the end is free only up to it.
        var lastGroup = layout.GroupCount - 1;
        var lastCluster = layout.ClustersIn(lastGroup) - 1;
        if (GroupBits.Next(bits.BitsOf(lastGroup), lastCluster, lastCluster + 1, false) == lastCluster)
        {
            var clusterEnd = (layout.FirstBlockOf(lastGroup) + (lastCluster + 1L) * layout.ClusterRatio) * layout.BlockSize;
            freeBytes -= clusterEnd - layout.BlockCount * layout.BlockSize;
        }
        return new ExtAllocationMap(volume, layout, bits, volume.Length - freeBytes);
    }

    private static long FreeClusters(ExtLayout layout, GroupBitCache bits)
    {
        var free = 0L;
        for (var group = 0L; group < layout.GroupCount; group++)
        {
            var clusters = layout.ClustersIn(group);
            free += clusters - GroupBits.CountSet(bits.BitsOf(group), clusters);
        }
        return free;
    }

    /// <summary>Every group's bitmaps and inode table are used, in whichever group they lie.</summary>
    private static void VerifyMetadataIsMarked(IBlockSource volume, ExtLayout layout, GroupBitCache bits)
    {
        foreach (var (group, descriptor) in Descriptors(volume, layout))
        {
            foreach (var run in ExtMetadata.Of(descriptor, layout))
            {
                for (var host = layout.GroupOf(run.First); host <= layout.GroupOf(run.End - 1); host++)
                {
                    if (!layout.AllSet(bits.BitsOf(host), host, run))
                        throw new MalformedException($"the bitmap of group {host} calls metadata of group {group} free");
                }
            }
        }
    }

    /// <summary>They say nothing about blocks, but the real tools refuse a file system in which they are damaged.</summary>
    private static void VerifyInodeBitmaps(IBlockSource volume, ExtLayout layout)
    {
        if (!layout.Superblock.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum)) return;
        var bitmap = new byte[layout.Superblock.InodesPerGroup / 8];
        foreach (var (group, descriptor) in Descriptors(volume, layout))
        {
            if (descriptor.InodesUninitialised) continue;
            volume.Read(descriptor.InodeBitmap * layout.BlockSize, bitmap);
            if (ExtGroupDescriptor.ChecksumOf(bitmap, layout.Superblock) != descriptor.InodeBitmapChecksum)
                throw new MalformedException($"the inode bitmap of group {group} does not match its checksum");
        }
    }

    /// <summary>
    /// With flex_bg a group may hold metadata of others; one whose bitmap was never written should not, but if it does they count.
    /// </summary>
    private static List<BlockRun> ForeignInUninitialised(IBlockSource volume, ExtLayout layout)
    {
        var found = new List<BlockRun>();
        if (!layout.Superblock.HasGroupChecksums || !layout.Superblock.Has(ExtFeatures.Incompatible.FlexBg)) return found;
        var table = new ExtGroupTable(volume, layout);
        var (knownHost, known) = (-1L, false);
        foreach (var (group, descriptor) in Descriptors(volume, layout))
        {
            foreach (var run in ExtMetadata.Of(descriptor, layout))
            {
                for (var host = layout.GroupOf(run.First); host <= layout.GroupOf(run.End - 1); host++)
                {
                    if (host == group) continue;
                    if (host != knownHost)
                    {
                        var one = new ExtGroupDescriptor[1];
                        table.Read(host, one);
                        (knownHost, known) = (host, one[0].BlocksUninitialised);
                    }
                    if (!known) continue;
                    found.Add(run.Clip(layout.FirstBlockOf(host), layout.EndBlockOf(host)));
                    if (found.Count > MostForeignRuns) throw new MalformedException("uninitialised groups hold too much metadata of other groups");
                }
            }
        }
        return found;
    }

    private static IEnumerable<(long Group, ExtGroupDescriptor Descriptor)> Descriptors(IBlockSource volume, ExtLayout layout)
    {
        var table = new ExtGroupTable(volume, layout);
        var window = new ExtGroupDescriptor[Math.Min(ExtGroupTable.MaxWindow, layout.GroupCount)];
        for (var first = 0L; first < layout.GroupCount; first += window.Length)
        {
            var count = (int)Math.Min(window.Length, layout.GroupCount - first);
            table.Read(first, window.AsSpan(0, count));
            for (var i = 0; i < count; i++) yield return (first + i, window[i]);
        }
    }
}
