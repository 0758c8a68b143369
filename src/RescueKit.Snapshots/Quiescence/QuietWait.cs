using RescueKit.Model;

namespace RescueKit.Snapshots.Quiescence;

/// <param name="Period">Without a write to any volume; zero: no wait.</param>
/// <param name="Timeout">After which the snapshot is taken all the same; zero: no wait.</param>
public sealed record QuietOptions(TimeSpan Period, TimeSpan Timeout)
{
    /// <summary>Open Transaction Manager's period.</summary>
    public static QuietOptions Default { get; } = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));

    /// <summary>What is not given is as by default, or so that the period has time to come within the timeout.</summary>
    public static QuietOptions Of(TimeSpan? period, TimeSpan? timeout) => new(
        period ?? (timeout < 2 * Default.Period ? timeout.Value / 2 : Default.Period),
        timeout ?? (period > Default.Timeout ? 2 * period.Value : Default.Timeout));

    public static QuietOptions None { get; } = new(TimeSpan.Zero, TimeSpan.Zero);

    public bool IsNone => Period <= TimeSpan.Zero || Timeout <= TimeSpan.Zero;
}

/// <summary>
/// Waits until nothing has been written to any of the volumes for a while, as Open Transaction Manager did: what belongs together and is written one after
/// the other, also to several volumes, is then likely to be there whole.
/// </summary>
internal sealed class QuietWait(IBlockStatistics statistics, TimeProvider clock)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <returns>Null where no wait was wanted.</returns>
    public QuietResult? Run(IReadOnlyList<string> numbers, QuietOptions options, CancellationToken cancel)
    {
        if (options.IsNone) return null;
        var started = clock.GetTimestamp();
        var (quietSince, before) = (started, Look(numbers));
        while (true)
        {
            var now = clock.GetTimestamp();
            var waited = clock.GetElapsedTime(started, now);
            // What cannot be seen cannot be waited for.
            if (before is null) return new QuietResult(options.Period.TotalSeconds, waited.TotalSeconds, false);
            if (clock.GetElapsedTime(quietSince, now) >= options.Period) return new QuietResult(options.Period.TotalSeconds, waited.TotalSeconds, true);
            if (waited >= options.Timeout) return new QuietResult(options.Period.TotalSeconds, waited.TotalSeconds, false);
            Task.Delay(s_look, clock, cancel).GetAwaiter().GetResult();
            var after = Look(numbers);
            if (after is null || !after.SequenceEqual(before) || after.Any(volume => volume.InFlight > 0)) quietSince = clock.GetTimestamp();
            before = after;
        }
    }

    private List<BlockActivity>? Look(IReadOnlyList<string> numbers)
    {
        var all = numbers.Select(statistics.Read).ToList();
        return all.TrueForAll(one => one is not null) ? all.ConvertAll(one => one!.Value) : null;
    }
}
