using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.FileSystems;

/// <summary>
/// CRC-32C (Castagnoli), reflected, as ext4, jbd2, XFS and btrfs protect their metadata; without the customary inversions, so that pieces can
/// be chained: begin with ~0, and invert at the end where the format says so.
/// </summary>
internal static class Crc32C
{
    public static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    public static uint Update(uint crc, uint littleEndianWord) => BitOperations.Crc32C(crc, littleEndianWord);
}
