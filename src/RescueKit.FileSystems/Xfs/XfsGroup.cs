using System.Buffers.Binary;
using RescueKit.Model;
using static RescueKit.FileSystems.Xfs.XfsFeatures;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// The headers of one allocation group: free space (AGF), inodes (AGI), and the free list (AGFL), each in a sector of its own behind the superblock's copy.
/// Source: Linux fs/xfs/libxfs/xfs_format.h, structs xfs_agf, xfs_agi, xfs_agfl.
/// </summary>
internal sealed class XfsGroup
{
    private const uint AgfMagic = 0x58414746, AgiMagic = 0x58414749, AgflMagic = 0x5841464C;
    private const int HeaderSectors = 4;
    private const int AgflHeader = 36;
    private const int MostLevels = 16;

    private readonly XfsSuperblock _superblock;
    private readonly byte[] _agf, _agi, _agfl;

    private XfsGroup(XfsSuperblock superblock, uint number, byte[] headers)
    {
        _superblock = superblock;
        Number = number;
        var size = superblock.SectorSize;
        (_agf, _agi, _agfl) = (headers[size..(2 * size)], headers[(2 * size)..(3 * size)], headers[(3 * size)..]);
    }

    public uint Number { get; }
    public uint Blocks => _superblock.BlocksIn(Number);
    public uint FreeBlocks => U32(_agf, 52);
    public uint LongestFree => U32(_agf, 56);

    /// <summary>Blocks of the free-space trees and of the reverse map, but for their roots.</summary>
    public uint TreeBlocks => U32(_agf, 60);
    public uint ReverseMapBlocks => _superblock.Has(ReadOnlyCompatible.ReverseMap) ? U32(_agf, 80) : 0;
    public uint InodeCount => U32(_agi, 16);
    public uint FreeInodeCount => U32(_agi, 28);

    public (uint Root, uint Levels) ByPlace => (U32(_agf, 16), U32(_agf, 28));
    public (uint Root, uint Levels) BySize => (U32(_agf, 20), U32(_agf, 32));
    public (uint Root, uint Levels)? ReverseMap => _superblock.Has(ReadOnlyCompatible.ReverseMap) ? (U32(_agf, 24), U32(_agf, 36)) : null;
    public (uint Root, uint Levels)? SharedBlocks => _superblock.Has(ReadOnlyCompatible.Reflink) ? (U32(_agf, 88), U32(_agf, 92)) : null;
    public (uint Root, uint Levels) Inodes => (U32(_agi, 20), U32(_agi, 24));
    public (uint Root, uint Levels)? FreeInodes => _superblock.Has(ReadOnlyCompatible.FreeInodeTree) ? (U32(_agi, 0x148), U32(_agi, 0x14C)) : null;

    /// <summary>Blocks that the headers take at the group's start.</summary>
    public uint HeaderBlocks => (uint)((HeaderSectors * _superblock.SectorSize + _superblock.BlockSize - 1) / _superblock.BlockSize);

    /// <summary>Blocks set aside for the trees: neither free nor used by them.</summary>
    public uint FreeListCount => U32(_agf, 48);

    /// <exception cref="MalformedException">Says which header contradicts itself, its place or the superblock.</exception>
    /// <exception cref="BlockReadException">They are unreadable.</exception>
    public static XfsGroup Read(IBlockSource volume, XfsSuperblock superblock, uint number)
    {
        var headers = new byte[HeaderSectors * superblock.SectorSize];
        volume.Read(superblock.OffsetOf(number, 0), headers);
        var group = new XfsGroup(superblock, number, headers);
        group.Validate();
        return group;
    }

    /// <summary>The blocks of the free list, in no order.</summary>
    public uint[] FreeList()
    {
        var start = _superblock.HasChecksums ? AgflHeader : 0;
        var capacity = (uint)(_superblock.SectorSize - start) / 4;
        uint first = U32(_agf, 40), last = U32(_agf, 44);
        var count = FreeListCount;
        if (count == 0) return [];
        Require(first < capacity && last < capacity && count <= capacity && (first + count - 1) % capacity == last,
            $"the free list of {count} blocks from entry {first} to {last} does not fit");
        var blocks = new uint[count];
        for (var i = 0u; i < count; i++)
        {
            blocks[i] = U32(_agfl, start + 4 * (int)((first + i) % capacity));
            Require(blocks[i] >= HeaderBlocks && blocks[i] < Blocks, $"block {blocks[i]} of the free list is out of range");
        }
        return blocks;
    }

    private void Validate()
    {
        Header(_agf, AgfMagic, "AGF", versioned: true, idAt: 64, checksumAt: 216);
        Header(_agi, AgiMagic, "AGI", versioned: true, idAt: 0x128, checksumAt: 0x138);
        if (_superblock.HasChecksums) Header(_agfl, AgflMagic, "AGFL", versioned: false, idAt: 8, checksumAt: 32);
        Require(FreeBlocks <= Blocks && LongestFree <= FreeBlocks, $"{FreeBlocks} free blocks, {LongestFree} of them together, do not fit {Blocks}");
        Require(FreeInodeCount <= InodeCount, $"{FreeInodeCount} free of {InodeCount} inodes");
        foreach (var tree in new[] { ByPlace, BySize, Inodes, ReverseMap, SharedBlocks, FreeInodes })
        {
            if (tree is not { } present) continue;
            Require(present.Levels is > 0 and <= MostLevels && present.Root >= HeaderBlocks && present.Root < Blocks,
                $"a tree of {present.Levels} levels at block {present.Root} is out of range");
        }
    }

    private void Header(byte[] bytes, uint magic, string name, bool versioned, int idAt, int checksumAt)
    {
        Require(U32(bytes, 0) == magic, $"the {name} is not there");
        if (_superblock.HasChecksums)
        {
            Require(XfsChecksum.Of(bytes, checksumAt) == XfsChecksum.Stored(bytes, checksumAt), $"the {name} does not match its checksum");
            Require(new Guid(bytes.AsSpan(idAt, 16), bigEndian: true) == _superblock.MetaId, $"the {name} belongs to another file system");
        }
        if (!versioned)
        {
            Require(U32(bytes, 4) == Number, $"the {name} is of group {U32(bytes, 4)}");
            return;
        }
        Require(U32(bytes, 4) == 1, $"version {U32(bytes, 4)} of the {name} is not known");
        Require(U32(bytes, 8) == Number, $"the {name} is of group {U32(bytes, 8)}");
        Require(U32(bytes, 12) == Blocks, $"the {name} tells of {U32(bytes, 12)} blocks, the superblock of {Blocks}");
    }

    private void Require(bool condition, string otherwise)
    {
        if (!condition) throw new MalformedException($"allocation group {Number}: {otherwise}");
    }

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
