namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>The CRC of Ethernet and zip (polynomial 0xedb88320, reflected), as the UEFI specification wants it for GPT.</summary>
internal static class Crc32
{
    private static readonly uint[] s_table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = s_table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var entry = i;
            for (var bit = 0; bit < 8; bit++) entry = (entry & 1) != 0 ? (entry >> 1) ^ 0xedb88320 : entry >> 1;
            table[i] = entry;
        }
        return table;
    }
}
