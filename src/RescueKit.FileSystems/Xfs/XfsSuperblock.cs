using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using RescueKit.Model;
using static RescueKit.FileSystems.Xfs.XfsFeatures;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// The superblock of version 4 or 5, big-endian but for its checksum. Source: Linux fs/xfs/libxfs/xfs_format.h, struct xfs_dsb. Fields are as found
/// until <see cref="Validate"/> has passed.
/// </summary>
internal sealed class XfsSuperblock
{
    /// <summary>Bytes that hold all fields; the checksum covers the whole sector.</summary>
    public const int Size = 512;
    private const int LargestSector = 32 << 10;
    private const int ChecksumAt = 0xE0;
    private const uint SmallestGroup = 64;

    private readonly byte[] _bytes;

    private XfsSuperblock(byte[] bytes) => _bytes = bytes;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("XFSB"u8);

    /// <summary>Takes a copy of at least <see cref="Size"/> bytes; of all the sector where the checksum is to be verified.</summary>
    public static XfsSuperblock Parse(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    public int BlockSize => U32(0x04) is >= 512 and <= 64 << 10 and var size && uint.IsPow2(size) ? (int)size : 0;
    public ulong BlockCount => U64(0x08);
    public ulong RealtimeBlocks => U64(0x10);
    private Guid FileSystemId => new(_bytes.AsSpan(0x20, 16), bigEndian: true);
    public string Uuid => FileSystemId.ToString();

    /// <summary>As a block number of the file system: group and block in it; 0 where the log lies on another volume.</summary>
    public ulong LogStart => U64(0x30);
    public uint BlocksPerGroup => U32(0x54);
    public uint GroupCount => U32(0x58);
    public uint LogBlocks => U32(0x60);
    private VersionFlags VersionBits => (VersionFlags)U16(0x64);
    public int VersionNumber => U16(0x64) & 0xF;
    public int SectorSize => U16(0x66) is >= 512 and <= LargestSector and var size && ushort.IsPow2(size) ? size : 0;
    private int InodeSize => U16(0x68);
    public string? Label => TextAt(0x6C, 12);
    public int GroupLog => _bytes[0x7C];
    private bool InProgress => _bytes[0x7E] != 0;
    public ulong InodeCount => U64(0x80);
    public ulong FreeInodeCount => U64(0x88);
    public ulong FreeBlockCount => U64(0x90);
    private ushort LogSectorSize => U16(0xC2);

    /// <summary>Version 4 keeps them twice, since an old compiler once laid them out elsewhere; the kernel takes both together.</summary>
    private More MoreBits => VersionBits.HasFlag(VersionFlags.MoreBits) ? (More)(U32(0xC8) | U32(0xCC)) : 0;
    private ReadOnlyCompatible ReadOnlyBits => HasChecksums ? (ReadOnlyCompatible)U32(0xD4) : 0;
    private Incompatible IncompatibleBits => HasChecksums ? (Incompatible)U32(0xD8) : 0;

    /// <summary>Version 5: all metadata name their owner and have a CRC-32C.</summary>
    public bool HasChecksums => VersionNumber == 5;
    public bool HasLazyCounts => HasChecksums || MoreBits.HasFlag(More.LazyCounts);
    public bool HasLogV2 => HasChecksums || VersionBits.HasFlag(VersionFlags.LogV2);
    public bool Has(ReadOnlyCompatible feature) => ReadOnlyBits.HasFlag(feature);
    public bool Has(Incompatible feature) => IncompatibleBits.HasFlag(feature);

    /// <summary>What metadata name as the file system that they belong to: another id than the visible one after xfs_admin -U.</summary>
    public Guid MetaId => Has(Incompatible.MetaUuid) ? new Guid(_bytes.AsSpan(0xF8, 16), bigEndian: true) : FileSystemId;

    /// <summary>What the log's records name: the visible id, which xfs_admin -U writes into an empty log.</summary>
    public Guid LogId => FileSystemId;

    public long Length => (long)BlockCount * BlockSize;
    public int InodesPerBlock => U16(0x6A);

    /// <summary>Blocks of an allocation group: the last one is as long as what is left.</summary>
    public uint BlocksIn(uint group) => group + 1 < GroupCount ? BlocksPerGroup : (uint)(BlockCount - (ulong)group * BlocksPerGroup);

    public long OffsetOf(uint group, uint block) => ((long)group * BlocksPerGroup + block) * BlockSize;

    /// <summary>Whether what a log has of a superblock differs from this one in anything but counters, checksum and the like.</summary>
    /// <param name="offset">Where in the superblock's sector the bytes belong.</param>
    public bool DiffersInMoreThanCounts(int offset, ReadOnlySpan<byte> logged)
    {
        for (var i = 0; i < logged.Length; i++)
        {
            var at = offset + i;
            // Counts of inodes and blocks; features of a log in use and the checksum; the log's sequence number.
            if (at is (>= 0x80 and < 0xA0) or (>= 0xDC and < 0xE4) or (>= 0xF0 and < 0xF8)) continue;
            if (at >= _bytes.Length || logged[i] != _bytes[at]) return true;
        }
        return false;
    }

    /// <exception cref="MalformedException">Says what is wrong: a contradiction, a feature that is not known, or a size larger than the volume.</exception>
    public void Validate(long volumeLength)
    {
        Require(VersionNumber is 4 or 5, $"version {VersionNumber} of XFS is not known");
        Require(BlockSize != 0 && 1 << _bytes[0x78] == BlockSize, $"block size {U32(0x04)} is out of range");
        Require(SectorSize != 0 && SectorSize <= BlockSize && 1 << _bytes[0x79] == SectorSize, $"sector size {U16(0x66)} is out of range");
        if (HasChecksums) VerifyChecksum();
        var unknown = HasChecksums ? FirstUnknown(ReadOnlyBits, IncompatibleBits) : FirstUnknown(VersionBits, MoreBits);
        Require(unknown is null, $"{unknown} is not known here");
        Require(VersionBits.HasFlag(VersionFlags.DirectoryV2) && VersionBits.HasFlag(VersionFlags.ExtentFlag), "its directories or extents are of a kind that no kernel reads any more");
        Require(!InProgress, "it was being made or copied, and that was not finished");
        Require(InodeSize is >= 256 and <= 2048 && 1 << _bytes[0x7A] == InodeSize && InodesPerBlock == BlockSize / InodeSize && 1 << _bytes[0x7B] == InodesPerBlock,
            $"inode size {InodeSize} is out of range");
        Require(BlocksPerGroup >= SmallestGroup && GroupLog == 32 - BitOperations.LeadingZeroCount(BlocksPerGroup - 1),
            $"{BlocksPerGroup} blocks per allocation group are out of range");
        Require(GroupCount > 0 && BlockCount <= (ulong)GroupCount * BlocksPerGroup && BlockCount >= (GroupCount - 1UL) * BlocksPerGroup + SmallestGroup,
            $"{BlockCount} blocks are not {GroupCount} allocation groups of {BlocksPerGroup}");
        Require(BlockCount <= (ulong)(volumeLength / BlockSize), $"it claims {BlockCount} blocks of {BlockSize} bytes, and the volume has {volumeLength} bytes");
        Require(FreeBlockCount <= BlockCount, $"{FreeBlockCount} free of {BlockCount} blocks");
        Require(FreeInodeCount <= InodeCount, $"{FreeInodeCount} free of {InodeCount} inodes");
        if (LogStart != 0) ValidateLog();
    }

    private void ValidateLog()
    {
        var (group, block) = PlaceOf(LogStart);
        Require(LogBlocks > 0 && group < GroupCount && (ulong)block + LogBlocks <= BlocksIn(group), $"the log of {LogBlocks} blocks at {LogStart} is out of range");
        Require(LogSectorSize == 0 || (LogSectorSize is >= 512 and <= LargestSector && ushort.IsPow2(LogSectorSize)), $"log sector size {LogSectorSize} is out of range");
    }

    /// <summary>Group and block in it of a block number of the file system.</summary>
    public (uint Group, uint Block) PlaceOf(ulong number) =>
        ((uint)Math.Min(uint.MaxValue, number >> GroupLog), (uint)(number & ((1UL << GroupLog) - 1)));

    private void VerifyChecksum()
    {
        Require(_bytes.Length >= SectorSize, "its sector is cut off");
        var computed = XfsChecksum.Of(_bytes.AsSpan(0, SectorSize), ChecksumAt);
        Require(computed == XfsChecksum.Stored(_bytes, ChecksumAt), "the superblock does not match its checksum");
    }

    private string? TextAt(int offset, int length)
    {
        var bytes = _bytes.AsSpan(offset, length);
        var end = bytes.IndexOf((byte)0);
        if (end >= 0) bytes = bytes[..end];
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition) throw new MalformedException(otherwise);
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at));
    private uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));
    private ulong U64(int at) => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at));
}
