using System.Globalization;

namespace RescueKit.Snapshots.Quiescence;

/// <summary>How much a volume has been written to since the machine started.</summary>
/// <param name="Sectors">Written or discarded. Sectors and not requests: a flush of the disk's cache is a request that changes nothing.</param>
/// <param name="InFlight">Writes that are on their way.</param>
internal readonly record struct BlockActivity(long Sectors, long InFlight);

internal interface IBlockStatistics
{
    /// <summary>Null where the kernel does not tell.</summary>
    /// <param name="number">Of the device ("253:0").</param>
    BlockActivity? Read(string number);
}

/// <summary>
/// From the kernel. Asked is the mapping that everybody writes through, of which the kernel counts each write once. Source: Linux,
/// Documentation/block/stat.rst: the seventh value of "stat" is sectors written, the fourteenth sectors discarded; "inflight" is reads, writes.
/// </summary>
internal sealed class KernelStatistics(string root = "/sys/dev/block") : IBlockStatistics
{
    private const int Written = 6, Discarded = 13;

    public BlockActivity? Read(string number)
    {
        try
        {
            var counts = Values(Path.Combine(root, number, "stat"));
            var flying = Values(Path.Combine(root, number, "inflight"));
            return new BlockActivity(counts[Written] + (counts.Length > Discarded ? counts[Discarded] : 0), flying[1]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static long[] Values(string path) =>
        [.. File.ReadAllText(path).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
}
