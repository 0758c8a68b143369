using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.FileSystems.Ext;

/// <summary>The checksums of ext4 and jbd2 metadata, without the customary inversion at the end, as the kernel chains them.</summary>
internal static class ExtChecksum
{
    private static readonly ushort[] Crc16Table = MakeCrc16Table();

    /// <summary>CRC-32C (Castagnoli), reflected.</summary>
    public static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    public static uint Crc32C(uint crc, uint littleEndianWord) => BitOperations.Crc32C(crc, littleEndianWord);

    /// <summary>CRC-16 with polynomial 0x8005, reflected: the group descriptors of uninit_bg.</summary>
    public static ushort Crc16(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) crc = (ushort)((crc >> 8) ^ Crc16Table[(byte)(crc ^ b)]);
        return crc;
    }

    private static ushort[] MakeCrc16Table()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var value = (ushort)i;
            for (var bit = 0; bit < 8; bit++) value = (ushort)((value >> 1) ^ ((value & 1) * 0xA001));
            table[i] = value;
        }
        return table;
    }
}
