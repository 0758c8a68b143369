using RescueKit.Agent.Schedules;
using RescueKit.Agent.Service;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Service;

/// <summary>What is due after sleep, and after a clock that was set.</summary>
public class DueTimesTests
{
    private static readonly CalendarExpression Nightly = CalendarExpression.Parse("02:30");
    private static readonly DateTimeOffset Noon = new(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_new_job_is_not_due_for_the_time_before_it() => Assert.Equal(Noon.AddHours(14.5), Next(Seen(new JobState(), Noon)));

    [Fact]
    public void Nights_that_were_missed_are_made_up_for_once()
    {
        var state = Seen(new JobState(), Noon);
        var later = Noon.AddDays(9);
        state = Seen(state, later);
        Assert.Equal(Noon.AddHours(14.5), Next(state));
        Assert.Equal(later.AddHours(14.5), Next(DueTimes.Begin(state, later)));
    }

    [Fact]
    public void A_new_schedule_begins_now()
    {
        var state = Seen(new JobState(), Noon);
        state = DueTimes.Adjust(state, CalendarExpression.Parse("hourly"), Noon.AddHours(5.5), TimeZoneInfo.Utc);
        Assert.Equal(Noon.AddHours(6), DueTimes.Next(state, CalendarExpression.Parse("hourly"), TimeZoneInfo.Utc));
    }

    [Fact]
    public void A_clock_set_back_a_little_does_not_run_the_same_night_again()
    {
        var night = Noon.AddHours(14.5);
        var state = DueTimes.Begin(Seen(new JobState(), Noon), night);
        state = Seen(state, night.AddSeconds(-1));
        Assert.Equal(night.AddDays(1), Next(state));
    }

    [Fact]
    public void A_clock_set_back_by_years_costs_one_night_at_most()
    {
        var wrong = Noon.AddYears(20);
        var state = DueTimes.Begin(Seen(new JobState(), wrong), wrong);
        state = Seen(state, Noon);
        Assert.Equal(Noon.AddHours(14.5).AddDays(1), Next(state));
        state = Seen(state, Noon.AddMinutes(1));
        Assert.Equal(Noon.AddHours(14.5).AddDays(1), Next(state));
    }

    /// <summary>Whatever the clock does: two runs per jump at most, and the job never sleeps longer than two nights.</summary>
    [Fact]
    public void At_random()
    {
        for (var seed = 0; seed < 200 * TestScale.Factor; seed++)
        {
            var random = new Random(seed);
            var now = Noon;
            var state = Seen(new JobState(), now);
            var (runs, jumps, days) = (0, 0, 0.0);
            for (var step = 0; step < 400; step++)
            {
                if (random.Next(50) == 0)
                {
                    now += TimeSpan.FromHours(random.Next(3) == 0 ? random.Next(-200_000, 200_000) : random.Next(-30, 30));
                    if (now < Noon.AddYears(-40) || now > Noon.AddYears(60)) now = Noon;
                    jumps++;
                }
                var pass = TimeSpan.FromMinutes(random.Next(1, 300));
                (now, days) = (now + pass, days + pass.TotalDays);
                state = Seen(state, now);
                var next = Next(state)!.Value;
                Assert.True(next - now <= TimeSpan.FromDays(2.01), $"seed {seed}: next {next:u} at {now:u}");
                if (next > now) continue;
                state = DueTimes.Begin(state, now);
                runs++;
            }
            Assert.InRange(runs, days - (2 * jumps) - 2, days + jumps + 2);
        }
    }

    private static JobState Seen(JobState state, DateTimeOffset now) => DueTimes.Adjust(state, Nightly, now, TimeZoneInfo.Utc);

    private static DateTimeOffset? Next(JobState state) => DueTimes.Next(state, Nightly, TimeZoneInfo.Utc);
}
