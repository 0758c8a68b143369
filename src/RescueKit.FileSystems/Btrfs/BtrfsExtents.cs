using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>What is in use, as the tree of extents has it: data and tree blocks, by address of the file system.</summary>
internal static class BtrfsExtents
{
    /// <summary>Who uses an extent, where that does not fit the extent's own item.</summary>
    private static readonly byte[] References = [176, 178, 182, 184];

    /// <summary>Those that overlap a range of addresses inside one chunk, in ascending order.</summary>
    /// <exception cref="MalformedException">The tree is damaged; thrown while they are taken.</exception>
    public static IEnumerable<(long Start, long End)> Within(BtrfsVolume volume, BtrfsChunk chunk, long start, long end)
    {
        // The last one before the range may reach into it.
        var first = volume.Extents.LastIdBefore((ulong)start) is { } before && before >= (ulong)chunk.Start ? before : (ulong)start;
        foreach (var item in volume.Extents.Items(new BtrfsKey(first, 0, 0), new BtrfsKey((ulong)end - 1, byte.MaxValue, ulong.MaxValue)))
        {
            if (Read(item, volume.Superblock) is not { } extent) continue;
            if (extent.End > chunk.End) throw new MalformedException($"the extent at {extent.Start} reaches past its chunk");
            if (extent.End > start) yield return extent;
        }
    }

    /// <summary>The extent that an item of the tree stands for; null where it stands for something else.</summary>
    /// <exception cref="MalformedException">It is out of range, or of a type that is not known, or the kernel would refuse it.</exception>
    public static (long Start, long End)? Read(BtrfsItem item, BtrfsSuperblock superblock)
    {
        var key = item.Key;
        if (key.Type is not (BtrfsItemType.Extent or BtrfsItemType.Metadata))
        {
            if (key.Type == BtrfsItemType.BlockGroup || References.Contains(key.Type)) return null;
            throw new MalformedException($"the tree of extents has an item of type {key.Type}, which is not known here");
        }
        var length = key.Type == BtrfsItemType.Metadata ? (ulong)superblock.NodeSize : key.Offset;
        if (key.Id > long.MaxValue / 2 || length is 0 or > long.MaxValue / 2 || (key.Id | length) % (ulong)superblock.SectorSize != 0 || !IsSound(item, superblock))
            throw new MalformedException($"the extent at {key.Id} is out of range");
        return ((long)key.Id, (long)(key.Id + length));
    }

    /// <summary>Somebody uses it, since a generation that has been, and it is either data or a tree block. Source: Linux fs/btrfs/tree-checker.c, check_extent_item.</summary>
    private static bool IsSound(BtrfsItem item, BtrfsSuperblock superblock)
    {
        const int Header = 24;
        const ulong Data = 1, TreeBlock = 2;
        if (item.Data.Length < Header) return false;
        var bytes = item.Data.Span;
        var kind = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) & (Data | TreeBlock);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) > 0 && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) <= superblock.Generation
            && (kind == TreeBlock || (kind == Data && item.Key.Type == BtrfsItemType.Extent));
    }
}
