namespace RescueKit.FileSystems.Ext;

/// <summary>The checksum of ext4 metadata that is not <see cref="Crc32C"/>.</summary>
internal static class ExtChecksum
{
    private static readonly ushort[] Crc16Table = MakeCrc16Table();

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
