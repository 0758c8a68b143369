using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>What a run of a job came to.</summary>
/// <param name="Made">The image that it has made, or begun; null for none.</param>
/// <param name="Removed">Older images that it has removed.</param>
internal sealed record JobOutcome(JobResult Result, JobImage? Made, IReadOnlyList<JobImage> Removed)
{
    /// <summary>Where a complete image lies; null where there is none, or nothing tells.</summary>
    public JobPlace? Place { get; init; }

    public bool IsComplete => Result.ExitCode is ExitCodes.Done or ExitCodes.DoneWithLosses;
}

/// <summary>One run of a job, from its command line over the removal of older images to its result.</summary>
internal sealed class JobRun(IRunCarrier carrier, FolderMounts mounts, Func<Exception, Problem> explain, TimeProvider clock, Action<string> log)
{
    /// <summary>A run that was told to end does so at its next chunk, and has an image to mark and a snapshot to let go.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(20);

    /// <param name="begun">Has been written down.</param>
    /// <param name="state">As it was when the run began.</param>
    /// <param name="removing">Is told of each older image before the first of its files is removed.</param>
    /// <param name="stuck">Is told, once, of a run that does not end though it was told to; its end is waited for all the same.</param>
    /// <param name="stop">The agent ends: the run is cut off.</param>
    public async Task<JobOutcome> ExecuteAsync(JobConfig job, JobBegun begun, JobState state, Action<int> planned, Action<JobImage> removing, Func<JobResult, Task> stuck, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(job.Timeout ?? System.Threading.Timeout.InfiniteTimeSpan, clock);
        var run = CarryOutAsync(job, begun, state, planned, removing, timeout.Token, stop);
        if (await IsStuckAsync(run, () => stop.IsCancellationRequested || timeout.IsCancellationRequested || IsCancelled(begun)).ConfigureAwait(false))
        {
            var why = timeout.IsCancellationRequested ? $" because it had taken {job.Timeout!.Value.TotalMinutes:0} minutes" : "";
            await stuck(Result(begun, null, explain(new DeviceException($"it was told to end{why}, and does not end: its folder {job.Folder} does not answer",
                $"look at the share, or disk, that the folder is on; until the run ends, {job.Source} and the run's place among the jobs stay taken")))).ConfigureAwait(false);
        }
        return await run.ConfigureAwait(false);
    }

    /// <summary>Of a run that something unexpected has ended.</summary>
    public JobOutcome Failed(JobBegun begun, Exception e) => new(Result(begun, null, explain(e)), null, []);

    /// <summary>A thread in a call to a share whose server is gone comes back when the server does, or never.</summary>
    /// <returns>False where it has ended.</returns>
    private async Task<bool> IsStuckAsync(Task run, Func<bool> isToEnd)
    {
        for (long? since = null; !run.IsCompleted;)
        {
            if (since is { } told && clock.GetElapsedTime(told) >= EndPatience) return true;
            await Task.WhenAny(run, Task.Delay(LookInterval, clock, CancellationToken.None)).ConfigureAwait(false);
            if (isToEnd()) since ??= clock.GetTimestamp();
        }
        return false;
    }

    /// <summary>By whoever looks at the host's runs.</summary>
    private bool IsCancelled(JobBegun begun) => carrier.Runs.Any(run => run is { Stage: RunStage.Running, Cancelling: true } && run.Plan.Onto.Path == begun.Image);

    private async Task<JobOutcome> CarryOutAsync(
        JobConfig job, JobBegun begun, JobState state, Action<int> planned, Action<JobImage> removing, CancellationToken timeout, CancellationToken stop)
    {
        var words = JobWords.Of(job, begun.Image);
        log($"job {job.Name}: {job.Priority?.Prefix}rescuekit {JobWords.Shown(words)}");
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout);
        RunState? run = null;
        Problem? problem;
        try
        {
            mounts.MustBeThere(state.Place, job.Folder);
            run = await carrier.CarryAsync(new RunRequest(words), job.Priority, planned, both.Token).ConfigureAwait(false);
            problem = run.Problem;
        }
        catch (Exception e)
        {
            problem = explain(e);
        }
        var result = Result(begun, run, problem);
        if (stop.IsCancellationRequested && result.ExitCode == ExitCodes.Cancelled) result = result with { Verdict = Interrupted.Verdict };
        else if (timeout.IsCancellationRequested && result.ExitCode == ExitCodes.Cancelled)
            result = result with { Error = $"it was ended because it had taken {job.Timeout!.Value.TotalMinutes:0} minutes; {result.Error}", ExitCode = ExitCodes.Failed };
        var made = result.ImageId is { } id ? new JobImage(begun.Image, id, begun.At, result.ExitCode) : null;
        var outcome = new JobOutcome(result, made, []);
        if (outcome.IsComplete) outcome = outcome with { Place = mounts.Find(job.Folder) };
        if (made is null || result.ExitCode != ExitCodes.Done || job.Retention is null) return outcome;
        var (removed, warnings) = Shelve(job, [.. state.Images, made], made, removing);
        return outcome with { Result = result with { Warnings = [.. result.Warnings, .. warnings] }, Removed = removed };
    }

    private JobResult Result(JobBegun begun, RunState? run, Problem? problem) => new()
    {
        Number = begun.Number,
        Reason = begun.Reason,
        StartedAt = begun.At,
        FinishedAt = clock.GetUtcNow(),
        Verdict = problem is null && run?.Receipt is { } receipt ? receipt.Verdict : "failed",
        ExitCode = problem?.ExitCode ?? run?.Receipt?.ExitCode ?? ExitCodes.Failed,
        Error = problem is null ? run?.Receipt?.Error : problem.Remedy is { } remedy ? $"{problem.Error} (try: {remedy})" : problem.Error,
        Image = begun.Image,
        ImageId = run?.Receipt?.ImageId,
        BytesStored = run?.Receipt?.BytesStored ?? 0,
        BytesRead = run?.Receipt?.BytesRead ?? 0,
        Receipt = run?.ReceiptPath,
        Warnings = run?.Receipt?.Warnings ?? [],
    };

    /// <summary>Removes what the job's rule does not keep, and is not in use.</summary>
    private (IReadOnlyList<JobImage> Removed, IReadOnlyList<string> Warnings) Shelve(JobConfig job, IReadOnlyList<JobImage> images, JobImage newest, Action<JobImage> removing)
    {
        var (removed, warnings) = (new List<JobImage>(), new List<string>());
        var there = images.Where(image => Path.GetDirectoryName(Path.GetFullPath(image.Path)) == job.Folder && job.File.Matches(Path.GetFileName(image.Path)))
            .Select(ImageShelf.Find).OfType<ShelfImage>().ToList();
        warnings.AddRange(there.Where(image => image.IsInDoubt).Select(image =>
            $"{image.Image.Path} was complete, and its end is not to be seen now: it stays, and counts for none (see what is there: rescuekit image verify {image.Image.Path})"));
        var ages = job.Retention!.KeepDays is { } days ? ImageAges.Of(images, job.Schedule, clock.LocalTimeZone, TimeSpan.FromDays(days), clock.GetUtcNow()) : null;
        foreach (var image in RetentionPlan.Remove(there, newest, job.Retention, image => ages![image]))
        {
            try
            {
                if (carrier.Runs.Any(run => run.Stage != RunStage.Ended && (run.Plan.From.Path == image.Path || run.Plan.Onto.Path == image.Path))) continue;
                removing(image);
                ImageShelf.Remove(image);
                removed.Add(image);
                log($"job {job.Name}: removed {image.Path}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or RescueKitException)
            {
                warnings.Add($"{image.Path} could not be removed: {e.Message}");
            }
        }
        return (removed, warnings);
    }
}
