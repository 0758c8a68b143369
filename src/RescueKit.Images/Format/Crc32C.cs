using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.Images.Format;

/// <summary>CRC-32C (Castagnoli, as iSCSI uses it): finds torn and rotten bytes; no defence against intent.</summary>
internal static class Crc32C
{
    /// <summary>
    /// The processor's instruction has a latency of three cycles but can begin one in each, so long input goes through three lanes at
    /// once, each of so many bytes.
    /// </summary>
    private const int Lane = 2 << 10;

    private static readonly uint[] PastOneLane = ShiftTables(Lane);

    /// <summary>Goes on from <paramref name="crc"/>, the value of the bytes before (0 for none).</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        for (; bytes.Length >= 3 * Lane; bytes = bytes[(3 * Lane)..])
        {
            var (second, third) = (0u, 0u);
            for (var i = 0; i < Lane; i += 8)
            {
                crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]));
                second = BitOperations.Crc32C(second, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(Lane + i)..]));
                third = BitOperations.Crc32C(third, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(2 * Lane + i)..]));
            }
            crc = Shift(Shift(crc) ^ second) ^ third;
        }
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The register after one lane of zeros.</summary>
    private static uint Shift(uint crc) =>
        PastOneLane[crc & 0xFF] ^ PastOneLane[0x100 | (crc >> 8 & 0xFF)] ^ PastOneLane[0x200 | (crc >> 16 & 0xFF)] ^ PastOneLane[0x300 | crc >> 24];

    /// <summary>Zeros change the register linearly: what they make of each of its four bytes adds up to what they make of all of it.</summary>
    private static uint[] ShiftTables(int zeros)
    {
        var tables = new uint[4 * 256];
        for (var bit = 0; bit < 32; bit++)
        {
            var shifted = 1u << bit;
            for (var i = 0; i < zeros; i += 8) shifted = BitOperations.Crc32C(shifted, 0UL);
            var table = tables.AsSpan(bit / 8 * 256, 256);
            for (var value = 0; value < 256; value++)
            {
                if ((value >> bit % 8 & 1) != 0) table[value] ^= shifted;
            }
        }
        return tables;
    }
}
