using System.Buffers.Binary;

namespace RescueKit.FileSystems.Xfs;

/// <summary>CRC-32C over a structure in which the checksum's own place counts as zero; stored little-endian. Source: Linux fs/xfs/libxfs/xfs_cksum.h.</summary>
internal static class XfsChecksum
{
    public static uint Of(ReadOnlySpan<byte> bytes, int checksumAt) => ~Append(~0u, bytes, checksumAt);

    /// <summary>The same in pieces, without the inversion at the end.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes, int checksumAt)
    {
        crc = Crc32C.Update(crc, bytes[..checksumAt]);
        crc = Crc32C.Update(crc, 0u);
        return Crc32C.Update(crc, bytes[(checksumAt + 4)..]);
    }

    public static uint Stored(ReadOnlySpan<byte> bytes, int checksumAt) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[checksumAt..]);
}
