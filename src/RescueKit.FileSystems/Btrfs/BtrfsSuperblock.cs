using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;
using static RescueKit.FileSystems.Btrfs.BtrfsFeatures;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>
/// The superblock, little-endian. Source: Linux include/uapi/linux/btrfs_tree.h, structs btrfs_super_block and btrfs_dev_item. Fields are as found until
/// <see cref="Validate"/> has passed.
/// </summary>
internal sealed class BtrfsSuperblock
{
    public const long Offset = 64 << 10;
    public const int Size = 4096;
    private const int DeviceAt = 0xC9, ChunkArrayAt = 0x32B, ChunkArrayBytes = 2048, MostLevels = 8, LargestNode = 64 << 10;

    /// <summary>Where the copies lie, as far as the volume reaches.</summary>
    public static IReadOnlyList<long> Copies { get; } = [Offset, 64L << 20, 256L << 30];

    private readonly byte[] _bytes;

    private BtrfsSuperblock(byte[] bytes) => _bytes = bytes;

    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes[0x40..].StartsWith("_BHRfS_M"u8);

    /// <summary>Takes a copy of the <see cref="Size"/> bytes.</summary>
    public static BtrfsSuperblock Parse(ReadOnlySpan<byte> bytes) => new(bytes[..Size].ToArray());

    private Guid FileSystemId => new(_bytes.AsSpan(0x20, 16), bigEndian: true);
    public string Uuid => FileSystemId.ToString();
    private ulong Place => U64(0x30);
    public State State => (State)U64(0x38);
    public ulong Generation => U64(0x48);
    public ulong Roots => U64(0x50);
    public ulong Chunks => U64(0x58);
    public ulong LogRoot => U64(0x60);
    public ulong UsedBytes => U64(0x78);
    public ulong DeviceCount => U64(0x88);
    public int SectorSize => (int)Math.Min(U32(0x90), int.MaxValue);
    public int NodeSize => (int)Math.Min(U32(0x94), int.MaxValue);
    public ulong ChunksGeneration => U64(0xA4);
    private Incompatible IncompatibleBits => (Incompatible)U64(0xBC);
    private ReadOnlyCompatible ReadOnlyBits => (ReadOnlyCompatible)U64(0xB4);
    public ushort ChecksumType => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(0xC4));
    public int RootsLevel => _bytes[0xC6];
    public int ChunksLevel => _bytes[0xC7];
    public string? Label => TextAt(0x12B, 256);

    /// <summary>This device of the file system.</summary>
    public ulong DeviceId => U64(DeviceAt);
    public ulong DeviceBytes => U64(DeviceAt + 8);
    public ulong DeviceUsedBytes => U64(DeviceAt + 16);

    /// <summary>The chunks that hold the tree of chunks: keys and items.</summary>
    public ReadOnlySpan<byte> ChunkArray => _bytes.AsSpan(ChunkArrayAt, (int)Math.Min(ChunkArrayBytes, U32(0xA0)));

    public bool Has(Incompatible feature) => IncompatibleBits.HasFlag(feature);
    public bool Has(ReadOnlyCompatible feature) => ReadOnlyBits.HasFlag(feature);

    /// <summary>What tree blocks name as the file system that they belong to: another id than the visible one after btrfstune -m.</summary>
    public Guid MetaId => Has(Incompatible.MetadataUuid) ? new Guid(_bytes.AsSpan(0x23B, 16), bigEndian: true) : FileSystemId;

    /// <exception cref="MalformedException">Says what is wrong: a contradiction, a feature that is not known, or a size larger than the volume.</exception>
    public void Validate(long volumeLength)
    {
        Require(BtrfsChecksum.Matches(ChecksumType, _bytes), "the superblock does not match its checksum");
        var unknown = FirstUnknown(IncompatibleBits, ReadOnlyBits, State);
        Require(unknown is null, $"{unknown} is not known here");
        Require(Place == (ulong)Offset, $"the superblock belongs at {Place}");
        Require(SectorSize is >= 4096 and <= 64 << 10 && int.IsPow2(SectorSize), $"sector size {U32(0x90)} is out of range");
        Require(NodeSize >= SectorSize && NodeSize <= LargestNode && int.IsPow2(NodeSize), $"node size {U32(0x94)} is out of range");
        Require(RootsLevel < MostLevels && ChunksLevel < MostLevels, $"trees of {RootsLevel} and {ChunksLevel} levels are out of range");
        Require(U32(0xA0) is > 0 and <= ChunkArrayBytes, $"a list of {U32(0xA0)} bytes of chunks is out of range");
        Require(DeviceCount > 0, "it claims no device");
        Require(DeviceId != 0, "it is the target of a replacement that was not finished");
        Require(new Guid(_bytes.AsSpan(DeviceAt + 82, 16), bigEndian: true) == MetaId, "its device belongs to another file system");
        Require(DeviceBytes <= (ulong)volumeLength, $"it claims {DeviceBytes} bytes of this volume, which has {volumeLength}");
        Require(DeviceUsedBytes <= DeviceBytes, $"{DeviceUsedBytes} of {DeviceBytes} bytes are given out");
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

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
