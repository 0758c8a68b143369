using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>Bitmaps and inode tables as their descriptors place them.</summary>
internal static class ExtMetadata
{
    /// <summary>Runs of metadata that are held at once (32 MiB): a file system of 128 TiB has as many where none of its groups lie together.</summary>
    private const int MostRuns = 2 << 20;

    private const uint RootInode = 2;
    private const ushort TypeMask = 0xF000;
    private const ushort Directory = 0x4000;

    /// <summary>Block bitmap, inode bitmap and inode table of a group, wherever they lie.</summary>
    public static BlockRun[] Of(in ExtGroupDescriptor descriptor, ExtLayout layout) =>
    [
        new(descriptor.BlockBitmap, 1),
        new(descriptor.InodeBitmap, 1),
        new(descriptor.InodeTable, layout.Superblock.InodeTableBlocks),
    ];

    /// <summary>No group's bitmaps or table may share a block with another's, or with a superblock or descriptors: then one of them is not there.</summary>
    /// <exception cref="MalformedException">Two do.</exception>
    public static void VerifyApart(IEnumerable<ExtGroupDescriptor> descriptors, ExtLayout layout)
    {
        var runs = new List<BlockRun>();
        // Those of a flex group follow each other, kind by kind.
        Span<int> last = stackalloc int[3];
        last.Fill(-1);
        foreach (var descriptor in descriptors)
        {
            var metadata = Of(descriptor, layout);
            for (var kind = 0; kind < metadata.Length; kind++)
            {
                VerifyApartFromHeads(metadata[kind], layout);
                if (last[kind] >= 0 && runs[last[kind]].End == metadata[kind].First)
                {
                    runs[last[kind]] = runs[last[kind]] with { Count = runs[last[kind]].Count + metadata[kind].Count };
                    continue;
                }
                if (runs.Count == MostRuns) throw new MalformedException("bitmaps and inode tables lie in too many places");
                last[kind] = runs.Count;
                runs.Add(metadata[kind]);
            }
        }
        runs.Sort((a, b) => a.First.CompareTo(b.First));
        for (var i = 1; i < runs.Count; i++)
        {
            if (runs[i].First < runs[i - 1].End) throw new MalformedException($"block {runs[i].First} belongs to the metadata of two groups");
        }
    }

    private static void VerifyApartFromHeads(BlockRun run, ExtLayout layout)
    {
        for (var host = layout.GroupOf(run.First); host <= layout.GroupOf(run.End - 1); host++)
        {
            var (superblock, descriptors) = layout.HeadOf(host);
            if (run.Clip(superblock.First, superblock.End).Count > 0 || run.Clip(descriptors.First, descriptors.End).Count > 0)
                throw new MalformedException($"the metadata at block {run.First} lies on the superblock or descriptors of group {host}");
        }
    }

    /// <summary>Where the first inode table is, the root directory is.</summary>
    /// <exception cref="MalformedException">Its inode is no directory in use.</exception>
    public static void VerifyRoot(IBlockSource volume, ExtLayout layout)
    {
        var descriptor = new ExtGroupDescriptor[1];
        new ExtGroupTable(volume, layout).Read(0, descriptor);
        var inode = new byte[0x1C];
        volume.Read(descriptor[0].InodeTable * layout.BlockSize + (RootInode - 1L) * layout.Superblock.InodeSize, inode);
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(inode);
        var links = BinaryPrimitives.ReadUInt16LittleEndian(inode.AsSpan(0x1A));
        if ((mode & TypeMask) != Directory || links == 0) throw new MalformedException($"the root directory's inode has mode {mode:x4} and {links} links");
    }
}
