using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.Images.Format;

/// <summary>CRC-32C (Castagnoli, as iSCSI uses it): finds torn and rotten bytes; no defence against intent.</summary>
internal static class Crc32C
{
    /// <summary>Goes on from <paramref name="crc"/>, the value of the bytes before (0 for none).</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);
}
