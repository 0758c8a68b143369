using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;
using static RescueKit.FileSystems.Ext.ExtFeatures;

namespace RescueKit.FileSystems.Ext;

/// <summary>
/// The superblock, with split fields joined once, here. Source of the layout: Linux fs/ext4/ext4.h, struct ext4_super_block. Fields are
/// as found until <see cref="Validate"/> has passed.
/// </summary>
internal sealed class ExtSuperblock
{
    /// <summary>Bytes from the start of the volume, whatever the block size.</summary>
    public const int Offset = 1024;
    public const int Size = 1024;
    private const ushort StateClean = 1;
    private const ushort StateErrors = 2;
    private const ushort StateOrphans = 4;
    private const ushort Magic = 0xEF53;
    private const int ChecksumAt = 0x3FC;

    /// <summary>The first inode that is not reserved: no tool has ever made another.</summary>
    private const uint OnlyFirstInode = 11;

    private readonly byte[] _bytes;

    private ExtSuperblock(byte[] bytes) => _bytes = bytes;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x38..]) == Magic;

    /// <summary>Takes a copy of the <see cref="Size"/> bytes.</summary>
    public static ExtSuperblock Parse(ReadOnlySpan<byte> bytes) => new(bytes[..Size].ToArray());

    public Compatible Compatible => (Compatible)U32(0x5C);
    public Incompatible Incompatible => (Incompatible)U32(0x60);
    public ReadOnlyCompatible ReadOnlyCompatible => (ReadOnlyCompatible)U32(0x64);

    public ulong BlockCount => U32(0x04) | (Has(Incompatible.SixtyFourBit) ? (ulong)U32(0x150) << 32 : 0);
    public ulong FreeBlockCount => U32(0x0C) | (Has(Incompatible.SixtyFourBit) ? (ulong)U32(0x158) << 32 : 0);
    private ulong ReservedBlockCount => U32(0x08) | (Has(Incompatible.SixtyFourBit) ? (ulong)U32(0x154) << 32 : 0);
    public uint InodeCount => U32(0x00);
    public uint FirstDataBlock => U32(0x14);
    private uint LogBlockSize => U32(0x18);
    private uint LogClusterSize => U32(0x1C);
    public int BlockSize => LogBlockSize <= 6 ? 1024 << (int)LogBlockSize : 0;

    /// <summary>Blocks of one bit in a bitmap: 1 without bigalloc.</summary>
    public int ClusterRatio => 1 << (int)Math.Min(20, LogClusterSize - LogBlockSize);
    public uint BlocksPerGroup => U32(0x20);
    public uint ClustersPerGroup => U32(0x24);
    public uint InodesPerGroup => U32(0x28);
    private ushort State => U16(0x3A);
    private uint Revision => U32(0x4C);
    private uint FirstInode => U32(0x54);
    public int InodeSize => Revision == 0 ? 128 : U16(0x58);
    public ushort ReservedGdtBlocks => U16(0xCE);
    public uint JournalInode => U32(0xE0);
    public uint JournalDevice => U32(0xE4);

    /// <summary>Set where the journal lies on another volume: its UUID or device number.</summary>
    public bool HasExternalJournal => JournalDevice != 0 || _bytes.AsSpan(0xD0, 16).ContainsAnyExcept((byte)0);
    public uint FirstMetaBg => U32(0x104);
    public ulong MmpBlock => U64(0x168);
    private byte ChecksumType => _bytes[0x175];
    public (uint First, uint Second) BackupGroups => (U32(0x24C), U32(0x250));
    private uint StoredChecksum => U32(ChecksumAt);

    public int DescriptorSize => Has(Incompatible.SixtyFourBit) ? U16(0xFE) : 32;
    public int DescriptorsPerBlock => BlockSize / DescriptorSize;
    public long InodeTableBlocks => ((long)InodesPerGroup * InodeSize + BlockSize - 1) / BlockSize;

    /// <summary>Block that holds the superblock: 1 where blocks have 1 KiB, else 0.</summary>
    public int SuperblockBlock => Offset / BlockSize;
    public long GroupCount => ((long)BlockCount - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup;
    public long DescriptorBlocks => (GroupCount + DescriptorsPerBlock - 1) / DescriptorsPerBlock;
    public long Length => (long)BlockCount * BlockSize;

    public ReadOnlySpan<byte> UuidBytes => _bytes.AsSpan(0x68, 16);
    public string? Uuid => UuidBytes.ContainsAnyExcept((byte)0) ? new Guid(UuidBytes, bigEndian: true).ToString() : null;
    public string? Label
    {
        get
        {
            var name = _bytes.AsSpan(0x78, 16);
            var end = name.IndexOf((byte)0);
            return end == 0 ? null : Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        }
    }

    public string Type => Has(Incompatible.JournalDevice) ? "ext journal" : FileSystemType(Compatible, Incompatible, ReadOnlyCompatible);

    /// <summary>Why the bitmaps of this file system are not to be believed, or null where it calls itself clean.</summary>
    public string? Doubt =>
        (State & StateErrors) != 0 ? "the file system has recorded errors, so its bitmaps are not proven"
        : (State & StateOrphans) != 0 ? "the file system was interrupted while it removed deleted files"
        : (State & StateClean) == 0 ? "the file system was not cleanly unmounted"
        : null;

    public bool HasGroupChecksums => Has(ReadOnlyCompatible.GdtChecksum) || Has(ReadOnlyCompatible.MetadataChecksum);

    /// <summary>What every metadata checksum of the file system starts from.</summary>
    public uint ChecksumSeed => Has(Incompatible.ChecksumSeed) ? U32(0x270) : Crc32C.Update(~0u, UuidBytes);

    public bool Has(Compatible feature) => (Compatible & feature) != 0;
    public bool Has(Incompatible feature) => (Incompatible & feature) != 0;
    public bool Has(ReadOnlyCompatible feature) => (ReadOnlyCompatible & feature) != 0;

    /// <summary>Checks everything that the arithmetic elsewhere relies on. Strict: what the real tools would refuse is refused here.</summary>
    /// <param name="volumeLength">Bytes.</param>
    /// <exception cref="MalformedException">Names the field.</exception>
    public void Validate(long volumeLength)
    {
        if (Revision > 1) throw new MalformedException($"superblock revision {Revision} is unknown");
        if (Revision == 0 && (Compatible != 0 || Incompatible != 0 || ReadOnlyCompatible != 0))
            throw new MalformedException("superblock of revision 0 has features of later revisions");
        if (FirstUnknown(Compatible, Incompatible, ReadOnlyCompatible) is { } unknown) throw new MalformedException($"has the unsupported {unknown}");
        if (Has(ReadOnlyCompatible.MetadataChecksum))
        {
            Require(ChecksumType == 1, $"checksum type {ChecksumType} is unknown");
            var computed = Crc32C.Update(~0u, _bytes.AsSpan(0, ChecksumAt));
            Require(computed == StoredChecksum, $"superblock checksum is {StoredChecksum:x8}, should be {computed:x8}");
        }
        ValidateSizes(volumeLength);
        ValidateGroups();
    }

    /// <summary>True where both put every group, bitmap and table at the same places and checksum them alike.</summary>
    public bool HasLayoutOf(ExtSuperblock other)
    {
        const Incompatible incompatible = Incompatible.MetaBg | Incompatible.SixtyFourBit | Incompatible.FlexBg | Incompatible.ChecksumSeed;
        const ReadOnlyCompatible readOnly = ReadOnlyCompatible.SparseSuper | ReadOnlyCompatible.GdtChecksum | ReadOnlyCompatible.BigAlloc
            | ReadOnlyCompatible.MetadataChecksum;
        const Compatible compatible = Compatible.HasJournal | Compatible.SparseSuper2 | Compatible.FastCommit;
        return BlockCount == other.BlockCount && InodeCount == other.InodeCount && FirstDataBlock == other.FirstDataBlock
            && BlockSize == other.BlockSize && LogClusterSize == other.LogClusterSize && BlocksPerGroup == other.BlocksPerGroup
            && InodesPerGroup == other.InodesPerGroup && InodeSize == other.InodeSize && DescriptorSize == other.DescriptorSize
            && FirstMetaBg == other.FirstMetaBg && ReservedGdtBlocks == other.ReservedGdtBlocks && BackupGroups == other.BackupGroups
            && JournalInode == other.JournalInode && UuidBytes.SequenceEqual(other.UuidBytes) && ChecksumSeed == other.ChecksumSeed
            && (Incompatible & incompatible) == (other.Incompatible & incompatible)
            && (ReadOnlyCompatible & readOnly) == (other.ReadOnlyCompatible & readOnly)
            && (Compatible & compatible) == (other.Compatible & compatible);
    }

    private void ValidateSizes(long volumeLength)
    {
        Require(BlockSize != 0, $"block size of 2^{LogBlockSize} KiB is out of range");
        if (Has(ReadOnlyCompatible.BigAlloc))
            Require(LogClusterSize >= LogBlockSize && LogClusterSize - LogBlockSize <= 20, $"cluster size of 2^{LogClusterSize} KiB is out of range");
        else
            Require(LogClusterSize == LogBlockSize, "cluster size differs from block size without bigalloc");
        var onlyFirst = BlockSize == 1024 && ClusterRatio == 1 ? 1u : 0u;
        Require(FirstDataBlock == onlyFirst, $"first data block is {FirstDataBlock}, should be {onlyFirst}");
        Require(BlockCount <= (ulong)(volumeLength / BlockSize),
            $"claims {BlockCount} blocks of {BlockSize} bytes, the volume has room for {volumeLength / BlockSize}");
        Require(BlockCount > FirstDataBlock, $"claims {BlockCount} blocks");
        Require(DescriptorSize is 32 or 64 or 128 or 256 or 512 or 1024 && (DescriptorSize >= 64) == Has(Incompatible.SixtyFourBit),
            $"group descriptor size {DescriptorSize} is out of range");
        Require(ReservedBlockCount <= BlockCount / 2, $"reserves {ReservedBlockCount} of {BlockCount} blocks");
        Require(Revision == 0 || FirstInode == OnlyFirstInode, $"its first inode is {FirstInode}");
        Require(Has(Compatible.HasJournal) || (JournalInode == 0 && !HasExternalJournal), "it names a journal and has none");
        Require(InodeSize >= 128 && InodeSize <= BlockSize && int.IsPow2(InodeSize), $"inode size {InodeSize} is out of range");
    }

    private void ValidateGroups()
    {
        Require(ClustersPerGroup is > 0 && ClustersPerGroup % 8 == 0 && ClustersPerGroup <= 8 * (uint)BlockSize,
            $"{ClustersPerGroup} clusters per group do not fit a bitmap of one block");
        Require((ulong)ClustersPerGroup * (uint)ClusterRatio == BlocksPerGroup,
            $"{BlocksPerGroup} blocks per group are not {ClustersPerGroup} clusters of {ClusterRatio} blocks");
        Require(ReservedGdtBlocks <= BlockSize / 4, $"{ReservedGdtBlocks} blocks reserved for group descriptors are out of range");
        Require(InodesPerGroup >= BlockSize / InodeSize && InodesPerGroup <= 8 * (uint)BlockSize && InodeTableBlocks < BlocksPerGroup,
            $"{InodesPerGroup} inodes per group are out of range");
        Require((ulong)GroupCount * InodesPerGroup == InodeCount, $"{InodeCount} inodes are not {GroupCount} groups of {InodesPerGroup}");
        Require(!Has(Incompatible.MetaBg) || FirstMetaBg <= DescriptorBlocks, $"first meta block group {FirstMetaBg} lies past the last descriptor");
        var inFirstGroup = SuperblockBlock + 1L + (Has(Incompatible.MetaBg) ? FirstMetaBg : DescriptorBlocks);
        Require(inFirstGroup < (long)Math.Min(BlockCount, FirstDataBlock + (ulong)BlocksPerGroup), "the group descriptors do not fit the first group");
        Require(FreeBlockCount <= BlockCount, $"{FreeBlockCount} free of {BlockCount} blocks");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition) throw new MalformedException(otherwise);
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));
    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
