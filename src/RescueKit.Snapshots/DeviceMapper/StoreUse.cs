using System.Globalization;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>How full a snapshot's store is, in bytes.</summary>
internal readonly record struct StoreUse(long Used, long Length)
{
    private const int Sector = 512;

    /// <summary>Less is left than half a step, or more than three quarters are used.</summary>
    public bool IsNearlyFull => Length - Used < StoreRoom.LeastStep / 2 || Used > Length / 4 * 3;

    /// <summary>
    /// "used/length metadata", in sectors; null for "Invalid" and all else. Source: Linux, drivers/md/dm-snap.c (snapshot_status).
    /// </summary>
    public static StoreUse? Parse(string status)
    {
        var numbers = status.Split(' ')[0].Split('/');
        return numbers.Length == 2 && long.TryParse(numbers[0], CultureInfo.InvariantCulture, out var used) && long.TryParse(numbers[1], CultureInfo.InvariantCulture, out var length)
            ? new StoreUse(used * Sector, length * Sector)
            : null;
    }
}
