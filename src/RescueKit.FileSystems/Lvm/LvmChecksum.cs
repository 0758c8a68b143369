namespace RescueKit.FileSystems.Lvm;

/// <summary>CRC-32 with the start value of LVM and no inversion. Source: lvm2 lib/misc/crc.c.</summary>
internal static class LvmChecksum
{
    private const uint Start = 0xF597A6CF, Polynomial = 0xEDB88320;
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Enumerable.Range(0, 8).Aggregate((uint)value, (crc, _) => (crc >> 1) ^ ((crc & 1) * Polynomial)))];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = Start;
        foreach (var b in bytes) crc = (crc >> 8) ^ Table[(byte)(crc ^ b)];
        return crc;
    }
}
