using System.Buffers.Binary;
using RescueKit.Model;
using static RescueKit.FileSystems.Btrfs.BtrfsFeatures;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>A file system as one of its devices shows it: its chunks and the trees that tell what is in use.</summary>
internal sealed class BtrfsVolume
{
    private const ulong FirstChunkId = 256;
    private const int RootBytes = 239, RootGenerationAt = 160, RootAddressAt = 176, RootLevelAt = 238;

    private readonly BtrfsTree _roots;
    private readonly BtrfsNodes _nodes;

    /// <exception cref="MalformedException">A tree is damaged, or lies on another device.</exception>
    /// <exception cref="BlockReadException">A block of a tree is unreadable.</exception>
    public BtrfsVolume(IBlockSource source, BtrfsSuperblock superblock)
    {
        (Source, Superblock) = (source, superblock);
        Chunks = ReadChunks(source, superblock);
        _nodes = new BtrfsNodes(source, superblock, Chunks);
        _roots = new BtrfsTree(_nodes, BtrfsTreeId.Roots, superblock.Roots, superblock.RootsLevel, superblock.Generation);
        Extents = Tree(BtrfsTreeId.Extents);
        BlockGroups = superblock.Has(ReadOnlyCompatible.BlockGroupTree) ? Tree(BtrfsTreeId.BlockGroups) : Extents;
        var size = (long)superblock.DeviceBytes;
        var kept = new ExtentSetBuilder();
        kept.Add(0, FirstMebibyte);
        foreach (var copy in BtrfsSuperblock.Copies) kept.Add(copy, CopyBytes);
        kept.Add(Extent.FromTo(size, source.Length));
        AlwaysUsed = kept.ToSet().Clip(new Extent(0, source.Length));
    }

    /// <summary>Boot loaders and the first superblock; chunks begin behind it.</summary>
    private const long FirstMebibyte = 1 << 20;

    /// <summary>What the kernel leaves out for a copy of the superblock, wherever a chunk reaches over it.</summary>
    private const long CopyBytes = 64 << 10;

    public IBlockSource Source { get; }
    public BtrfsSuperblock Superblock { get; }
    public BtrfsChunkMap Chunks { get; }

    /// <summary>What is in use, by address.</summary>
    public BtrfsTree Extents { get; }

    /// <summary>How much is in use in every chunk: of the same tree, but for newer file systems.</summary>
    public BtrfsTree BlockGroups { get; }

    /// <summary>What is free, by address, from a tree of its own; null where there is none, or it does not count as valid.</summary>
    public IEnumerable<(long Start, long End)>? FreeSpace()
    {
        if (!Superblock.Has(ReadOnlyCompatible.FreeSpaceTree) || !Superblock.Has(ReadOnlyCompatible.FreeSpaceTreeValid)) return null;
        return BtrfsFreeSpace.Ranges(Tree(BtrfsTreeId.FreeSpace), Chunks, Superblock.SectorSize);
    }

    /// <summary>Places on the device that belong to no chunk, or are left out of it.</summary>
    public ExtentSet AlwaysUsed { get; }

    /// <summary>What of the device each chunk has, as the tree of devices tells it.</summary>
    public IEnumerable<(long Offset, long Length, ulong Chunk)> DeviceExtents()
    {
        foreach (var item in Tree(BtrfsTreeId.Devices).Items(new BtrfsKey(Superblock.DeviceId, BtrfsItemType.DeviceExtent, 0), new BtrfsKey(Superblock.DeviceId, BtrfsItemType.DeviceExtent, ulong.MaxValue)))
        {
            if (item.Data.Length < 32 || item.Key.Offset > long.MaxValue) throw new MalformedException($"the device extent at {item.Key.Offset} is cut off");
            yield return ((long)item.Key.Offset, (long)Math.Min(long.MaxValue, U64(item.Data, 24)), U64(item.Data, 16));
        }
    }

    /// <summary>The addresses of the roots of all trees.</summary>
    public IEnumerable<ulong> RootAddresses()
    {
        yield return Superblock.Roots;
        yield return Superblock.Chunks;
        foreach (var item in _roots.All())
        {
            if (item.Key.Type == BtrfsItemType.Root && item.Data.Length >= RootBytes) yield return U64(item.Data, RootAddressAt);
        }
    }

    private BtrfsTree Tree(ulong id)
    {
        foreach (var item in _roots.Items(new BtrfsKey(id, BtrfsItemType.Root, 0), new BtrfsKey(id, BtrfsItemType.Root, ulong.MaxValue)))
        {
            if (item.Data.Length < RootBytes) throw new MalformedException($"the root of tree {id} is cut off");
            return new BtrfsTree(_nodes, id, U64(item.Data, RootAddressAt), item.Data.Span[RootLevelAt], U64(item.Data, RootGenerationAt));
        }
        throw new MalformedException($"there is no tree {id}");
    }

    /// <summary>The superblock names the chunks of the tree of chunks, which names all.</summary>
    private static BtrfsChunkMap ReadChunks(IBlockSource source, BtrfsSuperblock superblock)
    {
        var first = new List<BtrfsChunk>();
        var array = superblock.ChunkArray;
        while (array.Length > BtrfsKey.Bytes)
        {
            var key = BtrfsKey.Read(array);
            if (key.Type != BtrfsItemType.Chunk) throw new MalformedException($"the superblock's list of chunks has an item of type {key.Type}");
            first.Add(BtrfsChunk.Read(key.Offset, array[BtrfsKey.Bytes..], out var used));
            array = array[(BtrfsKey.Bytes + used)..];
        }
        var size = (long)superblock.DeviceBytes;
        var nodes = new BtrfsNodes(source, superblock, new BtrfsChunkMap(first, superblock.DeviceId, size));
        var tree = new BtrfsTree(nodes, BtrfsTreeId.Chunks, superblock.Chunks, superblock.ChunksLevel, superblock.ChunksGeneration);
        var all = tree.Items(new BtrfsKey(FirstChunkId, BtrfsItemType.Chunk, 0), new BtrfsKey(FirstChunkId, BtrfsItemType.Chunk, ulong.MaxValue))
            .Select(item => BtrfsChunk.Read(item.Key.Offset, item.Data.Span, out _));
        return new BtrfsChunkMap(all, superblock.DeviceId, size);
    }

    private static ulong U64(ReadOnlyMemory<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[at..]);
}
