using RescueKit.Model;

namespace RescueKit.Agent.Schedules;

/// <summary>Days of the week as calendar expressions name them: `Mon`, `Monday`, `Mon..Fri`, `Sat,Sun`.</summary>
internal static class Weekdays
{
    /// <summary>As systemd counts them: a range may not pass from Sunday to Monday.</summary>
    private static readonly string[] Names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    public static bool LooksLike(string text) => char.IsAsciiLetter(text[0]);

    /// <exception cref="UsageException">A name is none of a day.</exception>
    public static HashSet<DayOfWeek> Parse(string text)
    {
        var days = new HashSet<DayOfWeek>();
        foreach (var piece in text.Split(','))
        {
            var ends = piece.Contains("..", StringComparison.Ordinal) ? piece.Split("..") : piece.Split('-');
            if (ends.Length > 2) throw new UsageException($"'{piece}' is no range of days");
            var (from, to) = (IndexOf(ends[0]), IndexOf(ends[^1]));
            if (to < from) throw new UsageException($"the days '{piece}' end before they begin: a week begins with Mon", "write the two parts as a list: Fri..Sun,Mon");
            for (var day = from; day <= to; day++) days.Add((DayOfWeek)((day + 1) % 7));
        }
        return days;
    }

    private static int IndexOf(string name)
    {
        var lower = name.ToLowerInvariant();
        var index = Array.FindIndex(Names, known => known == lower || known[..3] == lower);
        return index >= 0 ? index : throw new UsageException($"'{name}' is no day of the week", "days are Mon, Tue, Wed, Thu, Fri, Sat, Sun");
    }
}
