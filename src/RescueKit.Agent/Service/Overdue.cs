using RescueKit.Agent.Protocol;
using RescueKit.Agent.Schedules;
using RescueKit.Engine;

namespace RescueKit.Agent.Service;

/// <summary>Jobs that wait, or run, for so long that their next time has passed: a share that went away may keep them for ever, and the others with them.</summary>
internal static class Overdue
{
    /// <summary>A run that is a little slow for its schedule is no failure: what it missed is made up for when it has ended.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>How long a job may wait, or run, from now on; null for as long as it likes.</summary>
    public static TimeSpan? Patience(CalendarExpression schedule, DateTimeOffset now, TimeZoneInfo zone) => schedule.Next(now, zone) is { } next ? next - now + Grace : null;

    /// <summary>What is to be said of a job that waits or runs.</summary>
    public static JobResult Of(JobEntry entry, DateTimeOffset now)
    {
        var job = entry.Config;
        var result = new JobResult
        {
            Number = entry.State.LastNumber,
            Reason = "",
            StartedAt = now,
            FinishedAt = now,
            Verdict = JobResult.Overdue,
            ExitCode = ExitCodes.Failed,
            Image = "",
        };
        if (entry.Running?.Begun is { } begun)
        {
            return result with
            {
                Number = begun.Number,
                Reason = begun.Reason,
                StartedAt = begun.At,
                Image = begun.Image,
                Error = $"it runs since {begun.At:yyyy-MM-dd HH:mm:ss}Z, and its next time has passed: it is slow, or its folder {job.Folder} does not answer (try: look at the share, or disk, "
                    + $"that the folder is on; until the run ends, {job.Source} and the run's place among the jobs stay taken; 'timeout_minutes' has such runs told to end)",
            };
        }
        var ticket = entry.Waiting!;
        return result with
        {
            Number = ticket.Number,
            Reason = ticket.Reason,
            StartedAt = ticket.At,
            Error = $"it waits since {ticket.At:yyyy-MM-dd HH:mm:ss}Z for {entry.WaitsFor ?? "its turn"}, and its next time has passed (try: rescuekit agent status shows what runs; "
                + "'timeout_minutes' has runs that do not end told to, and 'parallel' lets jobs of different disks run side by side)",
        };
    }
}
