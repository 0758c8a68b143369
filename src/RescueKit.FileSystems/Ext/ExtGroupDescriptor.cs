using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>One group descriptor with its halves joined. Source: Linux fs/ext4/ext4.h, struct ext4_group_desc.</summary>
internal readonly record struct ExtGroupDescriptor(
    long BlockBitmap, long InodeBitmap, long InodeTable, uint FreeClusters, bool BlocksUninitialised, uint BitmapChecksum,
    bool InodesUninitialised, uint InodeBitmapChecksum)
{
    private const int ChecksumAt = 0x1E;
    private const int SmallSize = 32;

    /// <summary>Checksum of a bitmap as descriptors store it: small ones keep the low half.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> bitmap, ExtSuperblock superblock)
    {
        var crc = Crc32C.Update(superblock.ChecksumSeed, bitmap);
        return superblock.DescriptorSize > SmallSize ? crc : (ushort)crc;
    }

    /// <exception cref="MalformedException">The checksum does not match, or a number is out of range.</exception>
    public static ExtGroupDescriptor Parse(ReadOnlySpan<byte> bytes, ExtSuperblock superblock, long group)
    {
        VerifyChecksum(bytes, superblock, group);
        var wide = bytes.Length > SmallSize;
        return new ExtGroupDescriptor(
            Block(bytes, 0x00, 0x20, superblock, group),
            Block(bytes, 0x04, 0x24, superblock, group),
            Block(bytes, 0x08, 0x28, superblock, group),
            U16(bytes, 0x0C) | (wide ? (uint)U16(bytes, 0x2C) << 16 : 0),
            superblock.HasGroupChecksums && (U16(bytes, 0x12) & 2) != 0,
            U16(bytes, 0x18) | (wide ? (uint)U16(bytes, 0x38) << 16 : 0),
            superblock.HasGroupChecksums && (U16(bytes, 0x12) & 1) != 0,
            U16(bytes, 0x1A) | (wide ? (uint)U16(bytes, 0x3A) << 16 : 0));
    }

    private static void VerifyChecksum(ReadOnlySpan<byte> bytes, ExtSuperblock superblock, long group)
    {
        if (!superblock.HasGroupChecksums) return;
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)group);
        ushort computed;
        if (superblock.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum))
        {
            var crc = Crc32C.Update(superblock.ChecksumSeed, number);
            crc = Crc32C.Update(crc, bytes[..ChecksumAt]);
            crc = Crc32C.Update(crc, [0, 0]);
            computed = (ushort)Crc32C.Update(crc, bytes[(ChecksumAt + 2)..]);
        }
        else
        {
            var crc = ExtChecksum.Crc16(0xFFFF, superblock.UuidBytes);
            crc = ExtChecksum.Crc16(crc, number);
            crc = ExtChecksum.Crc16(crc, bytes[..ChecksumAt]);
            computed = ExtChecksum.Crc16(crc, bytes[(ChecksumAt + 2)..]);
        }
        var stored = U16(bytes, ChecksumAt);
        if (stored != computed) throw new MalformedException($"descriptor of group {group} has checksum {stored:x4}, should be {computed:x4}");
    }

    private static long Block(ReadOnlySpan<byte> bytes, int low, int high, ExtSuperblock superblock, long group)
    {
        var block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[low..])
            | (bytes.Length > SmallSize ? (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[high..]) << 32 : 0);
        if (block <= superblock.FirstDataBlock || block >= superblock.BlockCount)
            throw new MalformedException($"descriptor of group {group} names block {block} of {superblock.BlockCount}");
        return (long)block;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
