using System.Buffers;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>
/// The bitmaps as the file system has them on the volume, each checked on its own: checksum, free count, and that it marks the group's
/// own superblock and descriptors. Groups whose bitmap was never written (BLOCK_UNINIT) get theirs computed.
/// </summary>
/// <param name="foreign">Metadata of other groups that lies in uninitialised ones.</param>
/// <param name="checkCounts">Whether the free count of each group is binding.</param>
internal sealed class GroupBitmaps(IBlockSource volume, ExtLayout layout, IReadOnlyList<BlockRun> foreign, bool checkCounts) : IGroupBitmaps
{
    private const int LargestRead = 256 << 10;
    private readonly ExtGroupTable _table = new(volume, layout);

    public void Load(long firstGroup, int count, Span<byte> bits)
    {
        var descriptors = new ExtGroupDescriptor[count];
        _table.Read(firstGroup, descriptors);
        ReadBitmaps(descriptors, bits);
        for (var i = 0; i < count; i++)
            Settle(descriptors[i], firstGroup + i, bits.Slice(i * layout.BitmapBytes, layout.BitmapBytes));
    }

    /// <summary>Bitmaps of a flex group lie side by side: one read fetches them all.</summary>
    private void ReadBitmaps(ExtGroupDescriptor[] descriptors, Span<byte> bits)
    {
        var largestRun = Math.Max(1, LargestRead / layout.BlockSize);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(largestRun, descriptors.Length) * layout.BlockSize);
        try
        {
            for (var i = 0; i < descriptors.Length;)
            {
                if (descriptors[i].BlocksUninitialised)
                {
                    i++;
                    continue;
                }
                var run = 1;
                while (i + run < descriptors.Length && run < largestRun && !descriptors[i + run].BlocksUninitialised
                    && descriptors[i + run].BlockBitmap == descriptors[i].BlockBitmap + run) run++;
                var bytes = buffer.AsSpan(0, run * layout.BlockSize);
                volume.Read(descriptors[i].BlockBitmap * layout.BlockSize, bytes);
                for (var j = 0; j < run; j++)
                    bytes.Slice(j * layout.BlockSize, layout.BitmapBytes).CopyTo(bits[((i + j) * layout.BitmapBytes)..]);
                i += run;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Settle(in ExtGroupDescriptor descriptor, long group, Span<byte> bits)
    {
        var (superblock, descriptorBlocks) = layout.HeadOf(group);
        if (descriptor.BlocksUninitialised)
        {
            bits.Clear();
            Mark(bits, group, superblock);
            Mark(bits, group, descriptorBlocks);
            Mark(bits, group, new BlockRun(descriptor.BlockBitmap, 1));
            Mark(bits, group, new BlockRun(descriptor.InodeBitmap, 1));
            Mark(bits, group, new BlockRun(descriptor.InodeTable, layout.Superblock.InodeTableBlocks));
            foreach (var run in foreign) Mark(bits, group, run);
        }
        else
        {
            VerifyChecksum(descriptor, group, bits);
            if (!layout.AllSet(bits, group, superblock) || !layout.AllSet(bits, group, descriptorBlocks))
                throw new MalformedException($"the bitmap of group {group} calls its superblock or descriptors free");
        }
        var clusters = layout.ClustersIn(group);
        var free = (uint)(clusters - GroupBits.CountSet(bits, clusters));
        if (checkCounts && free != descriptor.FreeClusters)
            throw new MalformedException($"group {group} has {free} free in its bitmap but {descriptor.FreeClusters} in its descriptor");
    }

    private void VerifyChecksum(in ExtGroupDescriptor descriptor, long group, ReadOnlySpan<byte> bits)
    {
        if (!layout.Superblock.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum)) return;
        var computed = ExtGroupDescriptor.ChecksumOf(bits, layout.Superblock);
        if (computed != descriptor.BitmapChecksum)
            throw new MalformedException($"the bitmap of group {group} has checksum {computed:x8}, its descriptor says {descriptor.BitmapChecksum:x8}");
    }

    private void Mark(Span<byte> bits, long group, BlockRun run)
    {
        var (first, count) = layout.ClusterRange(group, run);
        GroupBits.SetRange(bits, first, count);
    }
}
