namespace RescueKit.Snapshots.Stores;

/// <summary>How large a copy-on-write store is made at first, and how it grows. All in bytes.</summary>
/// <param name="First">Of its beginning.</param>
/// <param name="available">What more may be taken now; asked before each growth.</param>
internal sealed class StoreRoom(long first, Func<long> available)
{
    private const long Unit = 1 << 20;

    /// <summary>A burst between two looks at the store must fit into what is left of it.</summary>
    public const long LeastStep = 256 << 20;

    public long First => first;

    /// <summary>
    /// A tenth of the volume is more than most systems overwrite during a backup; never less than a step, never more than half of what there is,
    /// the whole volume at most.
    /// </summary>
    public static StoreRoom For(long volumeLength, Func<long> available)
    {
        var most = MostFor(volumeLength);
        var first = Math.Min(Math.Max(volumeLength / 10, LeastStep), Math.Min(most, available() / 2));
        return new StoreRoom(first / Unit * Unit, available) { Most = most, VolumeLength = volumeLength };
    }

    /// <summary>Every block can be overwritten, and no more.</summary>
    public long Most { get; private init; } = long.MaxValue;

    /// <summary>Of the volume that it is for.</summary>
    public long VolumeLength { get; private init; }

    /// <summary>The next length; null where there is no room.</summary>
    public long? After(long length)
    {
        var step = Math.Min(Math.Min(Math.Max(LeastStep, length / 4), Most - length), available() / 2) / Unit * Unit;
        return step > 0 ? length + step : null;
    }

    public static long MostFor(long volumeLength) => (volumeLength + volumeLength / 64 + Unit) / Unit * Unit;
}
