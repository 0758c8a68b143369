using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// One block of a B+tree of an allocation group, checked on its own: magic, level, count, and in version 5 checksum, place and owner.
/// Source: Linux fs/xfs/libxfs/xfs_format.h, struct xfs_btree_block (short form).
/// </summary>
internal sealed class XfsTreeBlock
{
    private const int HeaderBytes = 16, HeaderBytesWithChecksum = 56, ChecksumAt = 52;

    private readonly byte[] _bytes;
    private readonly XfsTreeKind _kind;
    private readonly int _header;
    private readonly int _most;

    private XfsTreeBlock(byte[] bytes, XfsTreeKind kind, bool hasChecksums)
    {
        (_bytes, _kind) = (bytes, kind);
        _header = hasChecksums ? HeaderBytesWithChecksum : HeaderBytes;
        _most = (bytes.Length - _header) / (Level == 0 ? kind.RecordBytes : kind.KeyBytes + 4);
    }

    /// <summary>0 for a leaf.</summary>
    public int Level => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(4));
    public int Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(6));
    public uint Left => U32(8);
    public uint Right => U32(12);

    /// <summary>A key above the leaves, a record in them.</summary>
    public ReadOnlySpan<byte> Entry(int index)
    {
        var length = Level == 0 ? _kind.RecordBytes : _kind.KeyBytes;
        return _bytes.AsSpan(_header + index * length, length);
    }

    /// <summary>The block that a key stands for.</summary>
    public uint Child(int index) => U32(_header + _most * _kind.KeyBytes + 4 * index);

    /// <summary>The first entry whose leading number is greater; <see cref="Count"/> where none is.</summary>
    public int FirstAfter(uint number)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (BinaryPrimitives.ReadUInt32BigEndian(Entry(middle)) > number) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <exception cref="MalformedException">It is not such a block, or not intact.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public static XfsTreeBlock Read(IBlockSource volume, XfsSuperblock superblock, XfsTreeKind kind, uint group, uint number)
    {
        if (number >= superblock.BlocksIn(group)) throw new MalformedException($"the {kind.Name} of group {group} points to block {number}, which is out of range");
        var bytes = new byte[superblock.BlockSize];
        var offset = superblock.OffsetOf(group, number);
        volume.Read(offset, bytes);
        var block = new XfsTreeBlock(bytes, kind, superblock.HasChecksums);
        var magic = superblock.HasChecksums ? kind.MagicWithChecksum : kind.Magic;
        Require(block.U32(0) == magic, "is no block of it");
        Require(block.Count <= block._most, $"claims {block.Count} entries, and {block._most} fit");
        if (superblock.HasChecksums)
        {
            Require(XfsChecksum.Of(bytes, ChecksumAt) == XfsChecksum.Stored(bytes, ChecksumAt), "does not match its checksum");
            Require(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(16)) == (ulong)offset / 512, "belongs to another place");
            Require(new Guid(bytes.AsSpan(32, 16), bigEndian: true) == superblock.MetaId, "belongs to another file system");
            Require(block.U32(48) == group, $"belongs to group {block.U32(48)}");
        }
        return block;

        void Require(bool condition, string otherwise)
        {
            if (!condition) throw new MalformedException($"block {number} of the {kind.Name} of group {group} {otherwise}");
        }
    }

    private uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));
}
