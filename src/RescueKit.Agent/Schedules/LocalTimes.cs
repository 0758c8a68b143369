namespace RescueKit.Agent.Schedules;

/// <summary>When clocks on the wall show a time, in a zone whose clocks are put forward and back.</summary>
internal static class LocalTimes
{
    /// <summary>More than any change of a zone's clocks: Samoa left out a whole day.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromHours(26);

    public static DateTime WallAt(DateTimeOffset instant, TimeZoneInfo zone) => DateTime.SpecifyKind(instant.UtcDateTime + zone.GetUtcOffset(instant.UtcDateTime), DateTimeKind.Unspecified);

    /// <summary>
    /// The instant at which the wall shows a time: the first one where it shows it twice; where it never does, the first instant at which it shows a
    /// later one. A later time never has an earlier instant.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime wall, TimeZoneInfo zone)
    {
        var asUtc = DateTime.SpecifyKind(wall, DateTimeKind.Utc);
        DateTime? first = null;
        foreach (var offset in (ReadOnlySpan<TimeSpan>)[Offset(asUtc - Around, zone), Offset(asUtc + Around, zone)])
        {
            var candidate = asUtc - offset;
            if (Offset(candidate, zone) == offset && (first is null || candidate < first)) first = candidate;
        }
        return new DateTimeOffset(first ?? AfterGap(asUtc, zone), TimeSpan.Zero);
    }

    /// <summary>The first whole second at which the wall shows no less than a time that it leaves out.</summary>
    private static DateTime AfterGap(DateTime asUtc, TimeZoneInfo zone)
    {
        var before = (asUtc - Around).Ticks / TimeSpan.TicksPerSecond;
        var after = (asUtc + Around).Ticks / TimeSpan.TicksPerSecond;
        while (after - before > 1)
        {
            var middle = before + ((after - before) / 2);
            var instant = new DateTime(middle * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
            if (instant + Offset(instant, zone) >= asUtc) after = middle;
            else before = middle;
        }
        return new DateTime(after * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
    }

    private static TimeSpan Offset(DateTime utc, TimeZoneInfo zone) => zone.GetUtcOffset(utc);
}
