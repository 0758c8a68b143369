using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>
/// One block of a tree, checked on its own: checksum, place, file system and sizes. Source: Linux include/uapi/linux/btrfs_tree.h, structs btrfs_header, btrfs_item,
/// btrfs_key_ptr.
/// </summary>
internal sealed class BtrfsNode
{
    private const int HeaderBytes = 0x65, ItemBytes = BtrfsKey.Bytes + 8, PointerBytes = BtrfsKey.Bytes + 16;

    private readonly byte[] _bytes;

    private BtrfsNode(byte[] bytes) => _bytes = bytes;

    public ulong Generation => U64(0x50);
    public ulong Owner => U64(0x58);
    public int Count => (int)Math.Min(U32(0x60), int.MaxValue);

    /// <summary>0 for a leaf.</summary>
    public int Level => _bytes[0x64];

    public BtrfsKey Key(int index) => BtrfsKey.Read(_bytes.AsSpan(EntryAt(index)));

    /// <summary>An item of a leaf.</summary>
    public ReadOnlyMemory<byte> Item(int index)
    {
        var at = EntryAt(index) + BtrfsKey.Bytes;
        return _bytes.AsMemory(HeaderBytes + (int)U32(at), (int)U32(at + 4));
    }

    /// <summary>Address and generation of the block that a key of a node stands for.</summary>
    public (ulong Address, ulong Generation) Child(int index)
    {
        var at = EntryAt(index) + BtrfsKey.Bytes;
        return (U64(at), U64(at + 8));
    }

    /// <summary>The first entry whose key is greater; <see cref="Count"/> where none is.</summary>
    public int FirstAfter(BtrfsKey key)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Key(middle).CompareTo(key) > 0) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <summary>Takes the bytes; null where they are not the block that belongs at the address.</summary>
    public static BtrfsNode? Parse(byte[] bytes, BtrfsSuperblock superblock, ulong address)
    {
        if (!BtrfsChecksum.Matches(superblock.ChecksumType, bytes)) return null;
        var node = new BtrfsNode(bytes);
        return node.U64(0x30) == address && new Guid(bytes.AsSpan(0x20, 16), bigEndian: true) == superblock.MetaId && node.IsSound() ? node : null;
    }

    private bool IsSound()
    {
        if (Count > (_bytes.Length - HeaderBytes) / (Level == 0 ? ItemBytes : PointerBytes)) return false;
        for (var i = 0; i < Count; i++)
        {
            if (i > 0 && Key(i).CompareTo(Key(i - 1)) <= 0) return false;
            if (Level > 0) continue;
            var at = EntryAt(i) + BtrfsKey.Bytes;
            // Items grow downwards from the end, above the entries.
            if ((ulong)U32(at) + U32(at + 4) > (ulong)(_bytes.Length - HeaderBytes) || U32(at) < (uint)(Count * ItemBytes)) return false;
        }
        return true;
    }

    private int EntryAt(int index) => HeaderBytes + index * (Level == 0 ? ItemBytes : PointerBytes);
    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
