using RescueKit.Agent.Schedules;

namespace RescueKit.Agent.Service;

/// <summary>When a job is due next, from what has been seen to and the time that it is now. Pure.</summary>
internal static class DueTimes
{
    /// <summary>
    /// The state with which <see cref="Next"/> is right at a time. A new job, and a new schedule, begin now: nothing is due for the time before. Where the
    /// clock was set back, so that what was seen to lies ahead, at most the one next time that was seen to already is left out: the job neither runs again
    /// for the same time nor waits until the clock is where it was.
    /// </summary>
    public static JobState Adjust(JobState state, CalendarExpression schedule, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (state.AccountedUntil is not { } until) return state with { Schedule = schedule.Text, AccountedUntil = now };
        if (state.Schedule != schedule.Text) return state with { Schedule = schedule.Text, AccountedUntil = now };
        if (until <= now || schedule.Next(now, zone) is not { } next || next >= until) return state;
        return state with { AccountedUntil = next };
    }

    /// <summary>Null for never. In the past where a time was missed: however many were, one run makes up for them.</summary>
    public static DateTimeOffset? Next(JobState state, CalendarExpression schedule, TimeZoneInfo zone) =>
        state.AccountedUntil is { } until ? schedule.Next(until, zone) : null;

    /// <summary>All that was due until now is seen to by a run that begins now.</summary>
    public static JobState Begin(JobState state, DateTimeOffset now) =>
        state with { AccountedUntil = state.AccountedUntil is { } until && until > now ? until : now, Owed = false };
}
