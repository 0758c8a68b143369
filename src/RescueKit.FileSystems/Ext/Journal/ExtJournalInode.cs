using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>
/// Which blocks the journal's inode holds, in order. Source: Linux fs/ext4/ext4.h (struct ext4_inode), fs/ext4/ext4_extents.h. A journal
/// has no holes and no unwritten extents; anything else is malformed.
/// </summary>
internal sealed class ExtJournalInode
{
    private const uint ExtentsFlag = 0x80000;

    /// <summary>Flags that say nothing of where the content lies: sync, immutable, append-only, nodump, noatime, journalled data, huge file.</summary>
    private const uint HarmlessFlags = 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x4000 | 0x40000;
    private const ushort ExtentMagic = 0xF30A;
    private const int EntrySize = 12;
    private const int DeepestTree = 5;
    private const int BlockMapAt = 0x28;
    private const int BlockMapSize = 60;
    private const int DirectBlocks = 12;

    /// <summary>Longest journal that is read, in blocks; mke2fs makes at most 262144.</summary>
    private const long MostBlocks = 1 << 20;

    private readonly IBlockSource _volume;
    private readonly ExtLayout _layout;
    private readonly List<BlockRun> _runs = [];
    private readonly List<BlockRun> _mapBlocks = [];
    private uint _checksumSeed;
    private long _mapped;

    private ExtJournalInode(IBlockSource volume, ExtLayout layout)
    {
        _volume = volume;
        _layout = layout;
    }

    /// <summary>Runs of the content, in file order.</summary>
    public IReadOnlyList<BlockRun> Runs => _runs;

    /// <summary>Blocks of the extent tree or the indirect blocks.</summary>
    public IReadOnlyList<BlockRun> MapBlocks => _mapBlocks;

    /// <summary>Length in blocks.</summary>
    public long Length { get; private set; }

    /// <exception cref="MalformedException">The inode is no journal's.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public static ExtJournalInode Read(IBlockSource volume, ExtLayout layout)
    {
        var journal = new ExtJournalInode(volume, layout);
        journal.Read();
        return journal;
    }

    private void Read()
    {
        var superblock = _layout.Superblock;
        var number = superblock.JournalInode;
        if (number == 0 || number > superblock.InodeCount) throw new MalformedException($"journal inode {number} is out of range");
        var group = (number - 1) / superblock.InodesPerGroup;
        var descriptor = new ExtGroupDescriptor[1];
        new ExtGroupTable(_volume, _layout).Read(group, descriptor);
        var inode = new byte[superblock.InodeSize];
        _volume.Read(descriptor[0].InodeTable * _layout.BlockSize + (long)((number - 1) % superblock.InodesPerGroup) * inode.Length, inode);
        VerifyInode(inode, number);

        var size = U32(inode, 0x04) | (ulong)U32(inode, 0x6C) << 32;
        if (size == 0 || size % (uint)_layout.BlockSize != 0 || size / (uint)_layout.BlockSize > (ulong)Math.Min(_layout.BlockCount, MostBlocks))
            throw new MalformedException($"the journal's size of {size} bytes is out of range");
        Length = (long)size / _layout.BlockSize;
        var map = inode.AsSpan(BlockMapAt, BlockMapSize);
        if ((U32(inode, 0x20) & ExtentsFlag) != 0) AddNode(map, DeepestTree, exact: false);
        else AddBlockMap(map);
        if (_mapped != Length) throw new MalformedException($"the journal maps {_mapped} of its {Length} blocks");
    }

    private void VerifyInode(Span<byte> inode, uint number)
    {
        if ((U16(inode, 0) & 0xF000) != 0x8000 || U16(inode, 0x1A) == 0) throw new MalformedException("the journal's inode is no regular file in use");
        if ((U32(inode, 0x20) & ~(HarmlessFlags | ExtentsFlag)) != 0) throw new MalformedException($"the journal's inode has flags 0x{U32(inode, 0x20):x}");
        if (U32(inode, 0x68) != 0 || U16(inode, 0x76) != 0) throw new MalformedException("the journal's inode has a block of extended attributes");
        if (!_layout.Superblock.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum)) return;
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, number);
        _checksumSeed = Crc32C.Update(Crc32C.Update(_layout.Superblock.ChecksumSeed, word), inode.Slice(0x64, 4));
        var wide = inode.Length > 128 && U16(inode, 0x80) >= 4;
        var stored = U16(inode, 0x7C) | (wide ? (uint)U16(inode, 0x82) << 16 : 0);
        var copy = inode.ToArray();
        copy.AsSpan(0x7C, 2).Clear();
        if (wide) copy.AsSpan(0x82, 2).Clear();
        var computed = Crc32C.Update(_checksumSeed, copy);
        if (!wide) computed = (ushort)computed;
        if (stored != computed) throw new MalformedException($"the journal's inode has checksum {stored:x8}, should be {computed:x8}");
    }

    private void AddNode(ReadOnlySpan<byte> node, int deepest, bool exact)
    {
        int entries = U16(node, 2), room = U16(node, 4), depth = U16(node, 6);
        if (U16(node, 0) != ExtentMagic || entries == 0 || entries > room || room > (node.Length - EntrySize) / EntrySize
            || (exact ? depth != deepest : depth > deepest))
            throw new MalformedException("the journal's extent tree is damaged");
        for (var i = 1; i <= entries; i++)
        {
            var entry = node.Slice(i * EntrySize, EntrySize);
            if (U32(entry, 0) != _mapped) throw new MalformedException("the journal has a hole or its extents overlap");
            if (depth == 0)
            {
                AddRun(U32(entry, 8) | (ulong)U16(entry, 6) << 32, U16(entry, 4));
                continue;
            }
            var child = ReadMapBlock(U32(entry, 4) | (ulong)U16(entry, 8) << 32);
            VerifyNodeChecksum(child);
            AddNode(child, depth - 1, exact: true);
        }
    }

    private void VerifyNodeChecksum(ReadOnlySpan<byte> node)
    {
        if (!_layout.Superblock.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum)) return;
        var tail = EntrySize + U16(node, 4) * EntrySize;
        if (tail + 4 > node.Length || U32(node, tail) != Crc32C.Update(_checksumSeed, node[..tail]))
            throw new MalformedException("a node of the journal's extent tree has a bad checksum");
    }

    private void AddBlockMap(ReadOnlySpan<byte> map)
    {
        for (var i = 0; i < DirectBlocks && _mapped < Length; i++) AddRun(U32(map, i * 4), 1);
        for (var level = 1; level <= 3 && _mapped < Length; level++) AddIndirect(U32(map, (DirectBlocks + level - 1) * 4), level);
    }

    private void AddIndirect(uint block, int level)
    {
        if (level == 0)
        {
            AddRun(block, 1);
            return;
        }
        var pointers = ReadMapBlock(block);
        for (var i = 0; i < pointers.Length && _mapped < Length; i += 4) AddIndirect(U32(pointers, i), level - 1);
    }

    private byte[] ReadMapBlock(ulong block)
    {
        Check(block, 1);
        _mapBlocks.Add(new BlockRun((long)block, 1));
        if (_mapBlocks.Count > Length) throw new MalformedException("the journal's block map is larger than the journal");
        var bytes = new byte[_layout.BlockSize];
        _volume.Read((long)block * _layout.BlockSize, bytes);
        return bytes;
    }

    private void AddRun(ulong first, int count)
    {
        if (count is 0 or > 32768 || _mapped + count > Length) throw new MalformedException("the journal has an extent of a bad length, or one not written");
        Check(first, count);
        if (_runs.Count > 0 && _runs[^1].End == (long)first) _runs[^1] = new BlockRun(_runs[^1].First, _runs[^1].Count + count);
        else _runs.Add(new BlockRun((long)first, count));
        _mapped += count;
    }

    private void Check(ulong first, int count)
    {
        if (first <= _layout.Superblock.FirstDataBlock || first > (ulong)(_layout.BlockCount - count))
            throw new MalformedException($"the journal names block {first} of {_layout.BlockCount}");
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
