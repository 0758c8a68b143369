using System.Globalization;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Disks;
using RescueKit.Engine;

namespace RescueKit.Agent.Service;

/// <summary>Has jobs run when they are due, or asked for.</summary>
internal sealed class AgentScheduler(JobBook book, IRunCarrier carrier, JobRun runner, FailureCommand failures, TimeProvider clock, ServiceLog log)
{
    /// <summary>Timers do not see that the clock was set, or that the machine slept.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DiskPatience = TimeSpan.FromMinutes(30);

    /// <summary>That are known of a job: what is not there now may be on a disk, or share, that is there again tomorrow. Those beyond were removed by others.</summary>
    private const int MostImages = 10_000;

    private readonly List<Task> _running = [];
    private volatile TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Looks again what is due: a configuration is new, or a job was asked for.</summary>
    public void Wake() => _wake.TrySetResult();

    /// <summary>Goes on until it is told to stop; the runs that it began are cut off then, and have ended when it returns.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var (entry, result) in book.Untold()) _running.Add(TellLateAsync(entry, result, stop));
        foreach (var (entry, begun) in book.TakeOver()) _running.Add(TakeOverAsync(entry, begun, stop));
        while (!stop.IsCancellationRequested)
        {
            var wake = _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var next = book.MarkDue();
            while (book.Begin(Hold) is { } entry) _running.Add(RunAsync(entry, stop));
            foreach (var (job, late) in book.MarkOverdue())
            {
                Say(job, late);
                _running.Add(failures.TellAsync(job, late, stop));
            }
            _running.RemoveAll(run => run.IsCompleted);
            var sleep = next is { } due && due - clock.GetUtcNow() is var left && left < LongestSleep ? left : LongestSleep;
            await Task.WhenAny(wake.Task, Task.Delay(sleep < TimeSpan.Zero ? TimeSpan.Zero : sleep, clock, stop)).ConfigureAwait(false);
        }
        await Task.WhenAll(_running).ConfigureAwait(false);
    }

    /// <summary>Other jobs do not wait for a share that does not answer.</summary>
    private async Task TakeOverAsync(JobEntry entry, JobBegun begun, CancellationToken stop)
    {
        var job = entry.Config;
        var look = Task.Run(() => Interrupted.TakeOver(begun, clock.GetUtcNow()), CancellationToken.None);
        await Task.WhenAny(look, Task.Delay(Timeout.InfiniteTimeSpan, stop)).ConfigureAwait(false);
        // The next agent has to look.
        if (!look.IsCompleted) return;
        var outcome = await look.ConfigureAwait(false);
        book.End(entry, outcome.Result, state => After(state, outcome) with { IsUntold = true });
        log.Problem($"job {job.Name}: run {begun.Number} was cut off: {outcome.Result.Error}");
        Wake();
        await TellAsync(entry, job, outcome.Result, stop).ConfigureAwait(false);
    }

    /// <summary>What ends the agent each time, as a machine's nightly power-off does, must not keep a job's failures from being told.</summary>
    private async Task TellLateAsync(JobEntry entry, JobResult result, CancellationToken stop)
    {
        var job = entry.Config;
        if (result.Verdict == Interrupted.Verdict) result = result with { Error = $"the agent ended in the middle of it, as in the run before it, and it is not made up for again; {result.Error}" };
        log.Problem($"job {job.Name}: run {result.Number} {result.Verdict} when the agent ended: {result.Error}");
        await TellAsync(entry, job, result, stop).ConfigureAwait(false);
    }

    /// <summary>Where the agent ends before it is done, the next one does it.</summary>
    private async Task TellAsync(JobEntry entry, JobConfig job, JobResult result, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return;
        await failures.TellAsync(job, result, stop).ConfigureAwait(false);
        if (!stop.IsCancellationRequested) book.MarkTold(entry, result);
    }

    /// <summary>
    /// A disk of a job that runs is waited for, planned or not. One that somebody else's run has, too, but not for good: after a while the run
    /// begins all the same, and is refused with the reason.
    /// </summary>
    private string? Hold(JobEntry entry)
    {
        if (entry.IsBeingTakenOver) return $"{entry.Config.Folder}, where its last run was cut off";
        var source = entry.Config.Source;
        var running = book.Look(jobs => jobs.Where(job => job.Running is not null).Select(job => (job.Config.Name, job.Running!.Source)).ToList());
        if (running.FirstOrDefault(job => IsOneDisk(job.Source, source)) is { Name: { } name }) return $"{source}, which job {name} is imaging";
        var taken = carrier.Runs.FirstOrDefault(run => run.Stage != RunStage.Ended && Disks(run.Plan).Any(disk => IsOneDisk(disk, source)));
        if (taken is null) return null;
        entry.WaitsSince ??= clock.GetTimestamp();
        return clock.GetElapsedTime(entry.WaitsSince.Value) > DiskPatience ? null : $"{source}, which is in run {taken.Id.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Where images are is not looked at: a share that went away would hang whoever does.</summary>
    private static IEnumerable<string> Disks(RunPlan plan)
    {
        if (plan.Operation is "backup" or "clone") yield return plan.From.Path;
        if (plan.Operation is "restore" or "clone") yield return plan.Onto.Path;
    }

    /// <summary>Also where one is a partition or a volume on the other.</summary>
    private static bool IsOneDisk(string one, string other)
    {
        try
        {
            return DiskInventory.AreSame(one, other) || (IsDevice(one) && IsDevice(other) && DiskInventory.DisksBelow(one).Intersect(DiskInventory.DisksBelow(other)).Any());
        }
        catch (Exception e) when (e is Model.RescueKitException or IOException)
        {
            return one == other;
        }
    }

    private static bool IsDevice(string path) => path.StartsWith("/dev/", StringComparison.Ordinal);

    private async Task RunAsync(JobEntry entry, CancellationToken stop)
    {
        var (job, begun) = (entry.Config, entry.Running!.Begun);
        log.Event($"job {job.Name}: run {begun.Number} begins ({begun.Reason})");
        var isTold = false;
        // The book's lock is not held while a disk is opened.
        var outcome = await Task.Run(() => ExecuteAsync(entry, job, begun, StuckAsync, stop), CancellationToken.None).ConfigureAwait(false);
        var result = outcome.Result;
        var isToBeTold = result.ExitCode != ExitCodes.Done && !isTold;
        book.End(entry, result, state => After(state, outcome) with { IsUntold = isToBeTold });
        Say(job, result);
        if (isToBeTold) await TellAsync(entry, job, result, stop).ConfigureAwait(false);
        Wake();

        async Task StuckAsync(JobResult stuck)
        {
            book.MarkStuck(entry, stuck);
            Say(job, stuck);
            if (stop.IsCancellationRequested) return;
            isTold = true;
            await failures.TellAsync(job, stuck, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Whatever happens, the job's run has an end.</summary>
    private async Task<JobOutcome> ExecuteAsync(JobEntry entry, JobConfig job, JobBegun begun, Func<JobResult, Task> stuck, CancellationToken stop)
    {
        try
        {
            return await runner.ExecuteAsync(job, begun, entry.State, run => book.Plan(entry, run), image => book.MarkGoing(entry, image), stuck, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return runner.Failed(begun, e);
        }
    }

    private static JobState After(JobState state, JobOutcome outcome)
    {
        var images = outcome.Made is { } made ? state.Images.Append(made) : state.Images;
        return Interrupted.Owe(state, outcome.Result) with
        {
            Images = [.. images.Where(image => !outcome.Removed.Any(image.Is)).TakeLast(MostImages)],
            Place = outcome.Place ?? state.Place,
            LastCompleteAt = outcome.IsComplete ? outcome.Result.FinishedAt : state.LastCompleteAt,
        };
    }

    private void Say(JobConfig job, JobResult result)
    {
        var text = $"job {job.Name}: run {result.Number} {result.Verdict}, exit code {result.ExitCode}: {result.Error ?? $"{result.Image}, {result.BytesStored} bytes"}";
        if (result.ExitCode == ExitCodes.Done) log.Event(text);
        else log.Problem(text);
        foreach (var warning in result.Warnings) log.Problem($"job {job.Name}: {warning}");
    }
}

/// <summary>Where the agent says what happens; one line each.</summary>
internal sealed record ServiceLog(Action<string> Event, Action<string> Problem);
