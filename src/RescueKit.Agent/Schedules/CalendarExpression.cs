namespace RescueKit.Agent.Schedules;

/// <summary>
/// Times of the wall's clock at which something is due, as systemd.time(7) writes them: `daily`, `Mon..Fri 02:30`, `*-*-01 03:00`, `*:0/15`,
/// `*-*~1 23:00` (the last day of a month). Not taken over: fractions of seconds and time zones.
/// </summary>
/// <remarks>A time that exists twice (clocks are put back) counts the first time only; one that does not exist counts at the next instant that does.</remarks>
public sealed class CalendarExpression
{
    /// <summary>29 February on a given weekday comes again after 40 years at most.</summary>
    private const int MostDays = 41 * 366;

    private readonly CalendarParts _parts;

    private CalendarExpression(string text, CalendarParts parts) => (Text, _parts) = (text, parts);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public override string ToString() => Text;

    /// <exception cref="Model.UsageException">The message says which part is wrong.</exception>
    public static CalendarExpression Parse(string text) => new(text, CalendarParts.Parse(text));

    /// <summary>The next instant after another; null where there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var wall = LocalTimes.WallAt(after, zone);
        // In an hour that is shown a second time, the wall's times still to come may have been, the first time.
        for (var from = wall.AddTicks(-(wall.Ticks % TimeSpan.TicksPerSecond)); NextOnWall(from) is { } next; from = next.AddSeconds(1))
        {
            if (LocalTimes.InstantOf(next, zone) is var instant && instant > after) return instant;
        }
        return null;
    }

    /// <summary>The first time that is not before another; whole seconds.</summary>
    private DateTime? NextOnWall(DateTime from)
    {
        var time = from.TimeOfDay;
        var day = from.Date;
        for (var i = 0; i < MostDays && day.Year <= CalendarParts.LastYear; i++, day = day.AddDays(1))
        {
            if (_parts.HasDay(day) && _parts.TimeFrom(time) is { } found) return day + found;
            time = TimeSpan.Zero;
        }
        return null;
    }
}
