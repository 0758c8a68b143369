using System.Globalization;
using RescueKit.Agent.Schedules;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Schedules;

/// <summary>The tables were made with `systemd-analyze calendar --iterations=3` of systemd 252; where it is told otherwise, RescueKit differs on purpose.</summary>
public class CalendarExpressionTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("minutely", "2026-03-28 12:01:00", "2026-03-28 12:02:00", "2026-03-28 12:03:00")]
    [InlineData("hourly", "2026-03-28 13:00:00", "2026-03-28 14:00:00", "2026-03-28 15:00:00")]
    [InlineData("daily", "2026-03-29 00:00:00", "2026-03-30 00:00:00", "2026-03-31 00:00:00")]
    [InlineData("weekly", "2026-03-30 00:00:00", "2026-04-06 00:00:00", "2026-04-13 00:00:00")]
    [InlineData("monthly", "2026-04-01 00:00:00", "2026-05-01 00:00:00", "2026-06-01 00:00:00")]
    [InlineData("quarterly", "2026-04-01 00:00:00", "2026-07-01 00:00:00", "2026-10-01 00:00:00")]
    [InlineData("semiannually", "2026-07-01 00:00:00", "2027-01-01 00:00:00", "2027-07-01 00:00:00")]
    [InlineData("yearly", "2027-01-01 00:00:00", "2028-01-01 00:00:00", "2029-01-01 00:00:00")]
    [InlineData("Annually", "2027-01-01 00:00:00", "2028-01-01 00:00:00", "2029-01-01 00:00:00")]
    [InlineData("Mon..Fri 02:30", "2026-03-30 02:30:00", "2026-03-31 02:30:00", "2026-04-01 02:30:00")]
    [InlineData("*-*-01 03:00", "2026-04-01 03:00:00", "2026-05-01 03:00:00", "2026-06-01 03:00:00")]
    [InlineData("*:0/15", "2026-03-28 12:15:00", "2026-03-28 12:30:00", "2026-03-28 12:45:00")]
    [InlineData("Sat,Sun 10:00", "2026-03-29 10:00:00", "2026-04-04 10:00:00", "2026-04-05 10:00:00")]
    [InlineData("*-*~1", "2026-03-31 00:00:00", "2026-04-30 00:00:00", "2026-05-31 00:00:00")]
    [InlineData("Mon *-*~07/1", "2026-03-30 00:00:00", "2026-04-27 00:00:00", "2026-05-25 00:00:00")]
    [InlineData("*-*~6/3", "2026-03-29 00:00:00", "2026-04-25 00:00:00", "2026-04-28 00:00:00")]
    [InlineData("*-*~3..6/2", "2026-03-29 00:00:00", "2026-04-26 00:00:00", "2026-04-28 00:00:00")]
    [InlineData("*-*~01 23:00", "2026-03-31 23:00:00", "2026-04-30 23:00:00", "2026-05-31 23:00:00")]
    [InlineData("*-02-29", "2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00")]
    [InlineData("Mon *-*-1..7 04:00", "2026-04-06 04:00:00", "2026-05-04 04:00:00", "2026-06-01 04:00:00")]
    [InlineData("Mon-Fri", "2026-03-30 00:00:00", "2026-03-31 00:00:00", "2026-04-01 00:00:00")]
    [InlineData("10:30", "2026-03-29 10:30:00", "2026-03-30 10:30:00", "2026-03-31 10:30:00")]
    [InlineData("12-24 18:00", "2026-12-24 18:00:00", "2027-12-24 18:00:00", "2028-12-24 18:00:00")]
    [InlineData("*-*-1,15 0:0", "2026-04-01 00:00:00", "2026-04-15 00:00:00", "2026-05-01 00:00:00")]
    [InlineData("*:0/15:30", "2026-03-28 12:00:30", "2026-03-28 12:15:30", "2026-03-28 12:30:30")]
    [InlineData("*-*-1/7 5:00", "2026-03-29 05:00:00", "2026-04-01 05:00:00", "2026-04-08 05:00:00")]
    [InlineData("Monday 5:00", "2026-03-30 05:00:00", "2026-04-06 05:00:00", "2026-04-13 05:00:00")]
    [InlineData("8..10/2:00", "2026-03-29 08:00:00", "2026-03-29 10:00:00", "2026-03-30 08:00:00")]
    [InlineData("*-1,7-* 1:00", "2026-07-01 01:00:00", "2026-07-02 01:00:00", "2026-07-03 01:00:00")]
    [InlineData("0..23/6:15", "2026-03-28 12:15:00", "2026-03-28 18:15:00", "2026-03-29 00:15:00")]
    [InlineData("Wed", "2026-04-01 00:00:00", "2026-04-08 00:00:00", "2026-04-15 00:00:00")]
    [InlineData("*-*-31", "2026-03-31 00:00:00", "2026-05-31 00:00:00", "2026-07-31 00:00:00")]
    [InlineData("Sat,Mon..Wed 7:5", "2026-03-30 07:05:00", "2026-03-31 07:05:00", "2026-04-01 07:05:00")]
    public void As_systemd_has_it(string text, params string[] expected) =>
        Assert.Equal(expected, Walls(text, "2026-03-28 12:00:00", Berlin).Take(expected.Length));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("10")]
    [InlineData("dayly")]
    [InlineData("*/2:00")]
    [InlineData("*:*/5")]
    [InlineData("*:5/0")]
    [InlineData("Fri..Mon 1:00")]
    [InlineData("25:00")]
    [InlineData("12:60")]
    [InlineData("*-13-01")]
    [InlineData("*-*-0")]
    [InlineData("*-2~3..1")]
    [InlineData("*-*-* 1:2:3:4")]
    [InlineData("Mon Tue 1:00")]
    [InlineData("-1:00")]
    [InlineData("1..:00")]
    [InlineData("1,,2:00")]
    [InlineData("*-*-*-*")]
    [InlineData("02:30 UTC")] // systemd takes zones
    [InlineData("26-01-01")] // and years of two digits
    public void What_makes_no_sense_is_refused(string text) => Assert.Throws<UsageException>(() => CalendarExpression.Parse(text));

    [Theory]
    [InlineData("2026-01-05")]
    [InlineData("*-02-30")]
    public void What_never_comes_is_never_due(string text) => Assert.Empty(Walls(text, "2026-03-28 12:00:00", Berlin));

    // UTC, over the change of the clocks. systemd agrees but for the times that do not exist, which it leaves out.
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28 12:00", "02:30", "2026-03-29 01:00", "2026-03-30 00:30")]
    [InlineData("Europe/Berlin", "2026-03-28 12:00", "2:0/20", "2026-03-29 01:00", "2026-03-30 00:00")]
    [InlineData("Europe/Berlin", "2026-03-29 00:30", "hourly", "2026-03-29 01:00", "2026-03-29 02:00")]
    [InlineData("Europe/Berlin", "2026-10-24 12:00", "02:30", "2026-10-25 00:30", "2026-10-26 01:30")]
    [InlineData("Europe/Berlin", "2026-10-25 00:10", "hourly", "2026-10-25 02:00", "2026-10-25 03:00")]
    [InlineData("Europe/Berlin", "2026-10-25 01:10", "02:30", "2026-10-26 01:30", "2026-10-27 01:30")]
    [InlineData("Europe/Berlin", "2026-10-24 12:00", "daily", "2026-10-24 22:00", "2026-10-25 23:00")]
    [InlineData("America/New_York", "2026-03-08 06:59", "02:30", "2026-03-08 07:00", "2026-03-09 06:30")]
    [InlineData("America/New_York", "2026-11-01 04:30", "hourly", "2026-11-01 05:00", "2026-11-01 07:00")]
    [InlineData("Australia/Lord_Howe", "2026-10-03 14:00", "hourly", "2026-10-03 14:30", "2026-10-03 15:30", "2026-10-03 16:00")]
    [InlineData("Australia/Lord_Howe", "2026-04-04 13:30", "hourly", "2026-04-04 14:00", "2026-04-04 15:30")]
    [InlineData("Pacific/Apia", "2011-12-30 09:00", "12:00", "2011-12-30 10:00", "2011-12-30 22:00")] // the 30th was left out
    public void Where_clocks_are_changed(string zone, string after, params string[] values)
    {
        var local = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var expression = CalendarExpression.Parse(values[0]);
        DateTimeOffset? at = Utc(after);
        foreach (var expected in values[1..])
        {
            at = expression.Next(at!.Value, local);
            Assert.Equal(Utc(expected), at);
        }
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static IEnumerable<string> Walls(string text, string from, TimeZoneInfo zone)
    {
        var expression = CalendarExpression.Parse(text);
        DateTimeOffset? at = LocalTimes.InstantOf(DateTime.Parse(from, CultureInfo.InvariantCulture), zone);
        while (at is { } last && (at = expression.Next(last, zone)) is { } next) yield return LocalTimes.WallAt(next, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
