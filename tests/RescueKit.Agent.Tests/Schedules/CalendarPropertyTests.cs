using RescueKit.Agent.Schedules;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Schedules;

/// <summary>At random, against a wall clock that is watched minute by minute.</summary>
public class CalendarPropertyTests
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"];

    /// <summary>The days around which clocks are changed in these zones, some ordinary ones among them.</summary>
    private static readonly DateTime[] Days = [new(2026, 3, 28), new(2026, 10, 24), new(2026, 3, 7), new(2026, 10, 31), new(2026, 4, 4), new(2026, 10, 3), new(2026, 2, 14), new(2011, 12, 29), new(2026, 6, 1)];

    [Fact]
    public void Each_time_of_the_wall_counts_once_and_none_is_left_out()
    {
        for (var seed = 0; seed < 300 * TestScale.Factor; seed++)
        {
            var random = new Random(seed);
            var zone = TimeZoneInfo.FindSystemTimeZoneById(Zones[random.Next(Zones.Length)]);
            var text = Text(random);
            var begin = new DateTimeOffset(Days[random.Next(Days.Length)].AddMinutes(random.Next(1440)), TimeSpan.Zero);
            var end = begin.AddDays(3);
            var expected = Watch(text, zone, begin, end);
            var found = new List<DateTimeOffset>();
            for (var at = CalendarExpression.Parse(text).Next(begin, zone); at <= end; at = CalendarExpression.Parse(text).Next(at.Value, zone)) found.Add(at.Value);
            Assert.True(expected.SequenceEqual(found), $"seed {seed}: '{text}' in {zone.Id} from {begin:u}\nexpected {string.Join(", ", expected.Select(t => t.ToString("u")))}\nfound    {string.Join(", ", found.Select(t => t.ToString("u")))}");
        }
    }

    [Fact]
    public void From_wherever_one_looks_the_next_time_is_the_same()
    {
        for (var seed = 0; seed < 300 * TestScale.Factor; seed++)
        {
            var random = new Random(seed);
            var zone = TimeZoneInfo.FindSystemTimeZoneById(Zones[random.Next(Zones.Length)]);
            var expression = CalendarExpression.Parse(Text(random));
            var from = new DateTimeOffset(Days[random.Next(Days.Length)].AddSeconds(random.Next(86400)), TimeSpan.Zero);
            var next = expression.Next(from, zone)!.Value;
            Assert.True(next > from);
            var between = from + ((next - from) * random.NextDouble());
            Assert.Equal(next, expression.Next(between < next ? between : from, zone));
        }
    }

    private static string Text(Random random)
    {
        var hour = random.Next(4) switch { 0 => "*", 1 => $"{random.Next(4)}", 2 => $"{random.Next(3)}..{3 + random.Next(10)}", _ => $"{random.Next(3)}/{1 + random.Next(5)}" };
        var minute = random.Next(3) switch { 0 => $"{random.Next(60)}", 1 => $"0/{10 + random.Next(20)}", _ => $"{random.Next(30)},{30 + random.Next(30)}" };
        return $"{hour}:{minute}";
    }

    /// <summary>What the wall shows is remembered, so that nothing counts twice; when it jumps, what it has jumped over is due at once.</summary>
    private static List<DateTimeOffset> Watch(string text, TimeZoneInfo zone, DateTimeOffset begin, DateTimeOffset end)
    {
        var parts = CalendarParts.Parse(text);
        var found = new List<DateTimeOffset>();
        // From well before, so that what is shown a second time is known to have been shown.
        var start = new DateTimeOffset(begin.Ticks - (begin.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddDays(-2);
        var seen = LocalTimes.WallAt(start, zone);
        for (var now = start; now <= end; now = now.AddMinutes(1))
        {
            var due = false;
            for (var wall = LocalTimes.WallAt(now, zone); seen < wall;)
            {
                seen = seen.AddMinutes(1);
                due |= parts.HasDay(seen) && parts.TimeFrom(seen.TimeOfDay) == seen.TimeOfDay;
            }
            if (due && now > begin) found.Add(now);
        }
        return found;
    }
}
