using RescueKit.Model;

namespace RescueKit.Agent.Schedules;

/// <summary>A calendar expression, taken apart.</summary>
/// <param name="Days">Null for all days of the week.</param>
/// <param name="FromEnd">The days of the month count from its end; the last one is 1.</param>
internal sealed record CalendarParts(
    HashSet<DayOfWeek>? Days, CalendarField Year, CalendarField Month, CalendarField Day, bool FromEnd, CalendarField Hour, CalendarField Minute, CalendarField Second)
{
    public const int LastYear = 2199;
    private const int FirstYear = 1970;
    private const string Form = "it looks like 'daily', 'Mon..Fri 02:30', '*-*-01 03:00' or '*:0/15' (systemd.time(7))";

    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["minutely"] = "*-*-* *:*:00",
        ["hourly"] = "*-*-* *:00:00",
        ["daily"] = "*-*-* 00:00:00",
        ["weekly"] = "Mon *-*-* 00:00:00",
        ["monthly"] = "*-*-01 00:00:00",
        ["quarterly"] = "*-01,04,07,10-01 00:00:00",
        ["semiannually"] = "*-01,07-01 00:00:00",
        ["yearly"] = "*-01-01 00:00:00",
        ["annually"] = "*-01-01 00:00:00",
    };

    /// <exception cref="UsageException">The message says which part is wrong.</exception>
    public static CalendarParts Parse(string text)
    {
        var words = (Names.GetValueOrDefault(text.Trim()) ?? text).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0) throw new UsageException("a schedule is empty", Form);
        try
        {
            return Parse(words);
        }
        catch (UsageException e)
        {
            throw new UsageException($"the schedule '{text}': {e.Message}", e.Remedy ?? Form);
        }
    }

    public bool HasDay(DateTime day) =>
        Year.Allows(day.Year) && Month.Allows(day.Month) && (Days is null || Days.Contains(day.DayOfWeek))
        && Day.Allows(FromEnd ? DateTime.DaysInMonth(day.Year, day.Month) - day.Day + 1 : day.Day);

    /// <summary>The first time of a day that is not before another.</summary>
    public TimeSpan? TimeFrom(TimeSpan from)
    {
        for (var hour = Hour.From(from.Hours); hour is { } h; hour = Hour.From(h + 1))
        {
            var sameHour = h == from.Hours;
            for (var minute = Minute.From(sameHour ? from.Minutes : 0); minute is { } m; minute = Minute.From(m + 1))
            {
                if (Second.From(sameHour && m == from.Minutes ? from.Seconds : 0) is { } second) return new TimeSpan(h, m, second);
            }
        }
        return null;
    }

    private static CalendarParts Parse(string[] words)
    {
        HashSet<DayOfWeek>? days = null;
        if (Weekdays.LooksLike(words[0])) (days, words) = (Weekdays.Parse(words[0]), words[1..]);
        var (date, time) = words switch
        {
            [] => ("*-*-*", "00:00:00"),
            [var only] => only.Contains(':', StringComparison.Ordinal) ? ("*-*-*", only) : (only, "00:00:00"),
            [var first, var second] => (first, second),
            [_, _, var third, ..] => throw new UsageException($"'{third}' is too much (time zones are not supported: times are local ones)"),
        };
        var (year, month, day, fromEnd) = Date(date);
        var (hour, minute, seconds) = Time(time);
        return new CalendarParts(days, CalendarField.Parse(year, "year", FirstYear, LastYear), CalendarField.Parse(month, "month", 1, 12),
            CalendarField.Parse(day, "day of the month", 1, 31, fromEnd), fromEnd,
            CalendarField.Parse(hour, "hour", 0, 23), CalendarField.Parse(minute, "minute", 0, 59), CalendarField.Parse(seconds, "second", 0, 59));
    }

    private static (string Year, string Month, string Day, bool FromEnd) Date(string text)
    {
        var end = text.Split('~');
        if (end.Length > 2) throw new UsageException($"'{text}' is no date");
        var fields = end.Length == 2 ? [.. end[0].Split('-'), end[1]] : text.Split('-');
        return fields switch
        {
            [var month, var day] => ("*", month, day, end.Length == 2),
            [var year, var month, var day] => (year, month, day, end.Length == 2),
            _ => throw new UsageException($"'{text}' is neither a date nor a time"),
        };
    }

    private static (string Hour, string Minute, string Second) Time(string text) => text.Split(':') switch
    {
        [var hour, var minute] => (hour, minute, "0"),
        [var hour, var minute, var second] => (hour, minute, second),
        _ => throw new UsageException($"'{text}' is no time"),
    };
}
