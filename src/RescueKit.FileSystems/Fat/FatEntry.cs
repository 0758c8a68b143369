using System.Buffers.Binary;

namespace RescueKit.FileSystems.Fat;

/// <summary>Values of FAT entries (specification, section 4).</summary>
internal static class FatEntry
{
    /// <summary>The upper 4 bits of a FAT32 entry are reserved and not part of its value.</summary>
    public const uint Mask32 = 0x0FFFFFFF;
    public const uint Bad32 = 0x0FFFFFF7;
    private const int Bad16 = 0xFFF7, Bad12 = 0xFF7;

    /// <summary>The entry at an index of a table that begins with a whole byte.</summary>
    public static int Read12(ReadOnlySpan<byte> table, int index)
    {
        var pair = BinaryPrimitives.ReadUInt16LittleEndian(table[(index * 3 / 2)..]);
        return (index & 1) == 0 ? pair & 0xFFF : pair >> 4;
    }

    public static int Read16(ReadOnlySpan<byte> table, int index) => BinaryPrimitives.ReadUInt16LittleEndian(table[(index * 2)..]);

    public static uint Read32(ReadOnlySpan<byte> table, int index) => BinaryPrimitives.ReadUInt32LittleEndian(table[(index * 4)..]) & Mask32;

    public static bool IsBad(ReadOnlySpan<byte> table, int index, int entryBits) => entryBits switch
    {
        12 => Read12(table, index) == Bad12,
        16 => Read16(table, index) == Bad16,
        _ => Read32(table, index) == Bad32,
    };
}
