using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>The jobs as clients see them.</summary>
internal sealed class JobHost(JobBook book, IRunCarrier carrier, Func<ConfigReading> config, Action wake, Func<Exception, Problem> explain, TimeProvider clock) : IJobHost
{
    public Task<AgentStatus> GetJobsAsync(CancellationToken cancel)
    {
        var runs = carrier.Runs;
        var reading = config();
        return Task.FromResult(new AgentStatus(reading.Path, reading.At, reading.Problem, book.Look(jobs => jobs.Select(job => StatusOf(job, runs)).ToList())));
    }

    public Task<int> StartJobAsync(string job, CancellationToken cancel)
    {
        try
        {
            var number = book.Ask(job);
            wake();
            return Task.FromResult(number);
        }
        catch (Model.RescueKitException e)
        {
            throw new HostException(explain(e));
        }
    }

    private JobStatus StatusOf(JobEntry job, IReadOnlyList<RunState> runs) => new()
    {
        Name = job.Config.Name,
        Source = job.Config.Source,
        Folder = job.Config.Folder,
        Schedule = job.Config.Schedule.Text,
        NextRunAt = DueTimes.Next(job.State, job.Config.Schedule, clock.LocalTimeZone) is { } next ? TimeZoneInfo.ConvertTime(next, clock.LocalTimeZone) : null,
        State = job.Running is not null ? "running" : job.Waiting is not null ? "waiting" : "idle",
        WaitsFor = job.Waiting is null ? null : job.WaitsFor,
        Running = job.Running is { } running
            ? new JobProgress(running.Begun.Number, running.Begun.At, running.Begun.Image, running.Run, runs.FirstOrDefault(run => run.Id == running.Run)?.Progress)
            : null,
        Last = job.Stuck ?? job.State.Last,
        LastCompleteAt = job.State.LastCompleteAt,
        Images = job.State.Images.Count,
    };
}

/// <param name="Problem">Why the file was not taken when it was last read; null where it was.</param>
internal sealed record ConfigReading(string Path, DateTimeOffset At, string? Problem);
