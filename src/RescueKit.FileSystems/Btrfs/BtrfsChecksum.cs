using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>The checksum that begins each superblock and tree block, over all that follows its 32 bytes. Source: Linux fs/btrfs/fs.c, btrfs_csums.</summary>
internal static class BtrfsChecksum
{
    public const int Bytes = 32;
    private const ushort Crc32CType = 0, XxHashType = 1, Sha256Type = 2, Blake2Type = 3;

    /// <exception cref="MalformedException">It is of a type that is not known here.</exception>
    public static bool Matches(ushort type, ReadOnlySpan<byte> block)
    {
        var stored = block[..Bytes];
        var rest = block[Bytes..];
        switch (type)
        {
            case Crc32CType:
                return BinaryPrimitives.ReadUInt32LittleEndian(stored) == ~Crc32C.Update(~0u, rest);
            case XxHashType:
                return BinaryPrimitives.ReadUInt64LittleEndian(stored) == XxHash64.HashToUInt64(rest);
            case Sha256Type:
                Span<byte> computed = stackalloc byte[Bytes];
                SHA256.HashData(rest, computed);
                return stored.SequenceEqual(computed);
            default:
                throw new MalformedException(type == Blake2Type ? "its checksums are BLAKE2, which are not known here" : $"its checksums are of type {type}, which is not known");
        }
    }
}
