using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>Reads group descriptors window by window; keeps none.</summary>
internal sealed class ExtGroupTable(IBlockSource volume, ExtLayout layout)
{
    /// <summary>Most descriptors read at once.</summary>
    public const int MaxWindow = 4096;

    /// <summary>Fills <paramref name="descriptors"/> from group <paramref name="first"/> on.</summary>
    /// <exception cref="MalformedException">A descriptor contradicts its checksum or its file system.</exception>
    /// <exception cref="BlockReadException">A descriptor block is unreadable.</exception>
    public void Read(long first, Span<ExtGroupDescriptor> descriptors)
    {
        var size = layout.Superblock.DescriptorSize;
        var perBlock = layout.Superblock.DescriptorsPerBlock;
        var buffer = new byte[layout.BlockSize];
        for (var done = 0; done < descriptors.Length;)
        {
            var group = first + done;
            var index = group / perBlock;
            var inBlock = (int)(group % perBlock);
            var take = Math.Min(descriptors.Length - done, perBlock - inBlock);
            var bytes = buffer.AsSpan(0, take * size);
            var block = layout.DescriptorBlock(index);
            if (block >= layout.BlockCount) throw new MalformedException($"descriptor block {index} would lie at block {block} of {layout.BlockCount}");
            volume.Read(block * layout.BlockSize + (long)inBlock * size, bytes);
            for (var i = 0; i < take; i++)
            {
                var descriptor = ExtGroupDescriptor.Parse(bytes.Slice(i * size, size), layout.Superblock, group + i);
                VerifyPlaces(descriptor, group + i);
                descriptors[done + i] = descriptor;
            }
            done += take;
        }
    }

    private void VerifyPlaces(in ExtGroupDescriptor descriptor, long group)
    {
        var table = new BlockRun(descriptor.InodeTable, layout.Superblock.InodeTableBlocks);
        if (table.End > layout.BlockCount)
            throw new MalformedException($"the inode table of group {group} ends at block {table.End} of {layout.BlockCount}");
        if (layout.Superblock.Has(ExtFeatures.Incompatible.FlexBg)) return;
        if (layout.GroupOf(descriptor.BlockBitmap) != group || layout.GroupOf(descriptor.InodeBitmap) != group
            || layout.GroupOf(table.First) != group || layout.GroupOf(table.End - 1) != group)
            throw new MalformedException($"metadata of group {group} lies in another group without flex_bg");
    }
}
