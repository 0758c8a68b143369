using RescueKit.Agent.Protocol;
using RescueKit.Cli.Json;
using RescueKit.Cli.Progress;
using RescueKit.Engine;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>The agent's jobs, for people. Times are local ones.</summary>
internal static class JobText
{
    public static void Write(TextWriter to, AgentStatus status, TimeProvider clock)
    {
        if (status.Jobs.Count == 0) to.WriteLine($"No jobs in {status.ConfigPath}.");
        foreach (var job in status.Jobs) Write(to, job, clock);
        if (status.ConfigProblem is { } problem) to.WriteLine($"{status.ConfigPath} has changed, and is not taken: {problem}");
    }

    /// <summary>How a run of a job ended.</summary>
    public static void Write(TextWriter to, string job, JobResult result)
    {
        to.WriteLine($"{job}: run {result.Number} ({result.Reason}) {Verdict(result)}, in {Units.Time(result.FinishedAt - result.StartedAt)}");
        WriteResult(to, result);
    }

    public static void Write(TextWriter to, TextWriter errors, ConfigDocument config)
    {
        foreach (var problem in config.Problems) errors.WriteLine($"error: {config.Path}: {problem}");
        if (!config.Ok) return;
        to.WriteLine($"{config.Path}: {Units.Count(config.Jobs.Count, "job")}, nothing is wrong with it.");
        foreach (var job in config.Jobs)
        {
            to.WriteLine($"{job.Name}: {job.Source} into {job.Folder}, {job.Schedule}");
            foreach (var next in job.NextRuns) to.WriteLine($"  {next:ddd yyyy-MM-dd HH:mm:ss zzz}");
            if (job.NextRuns.Count == 0) to.WriteLine("  never again");
        }
    }

    private static void Write(TextWriter to, JobStatus job, TimeProvider clock)
    {
        to.WriteLine($"{job.Name}  {job.State}{(job.WaitsFor is { } other ? $" for {other}" : "")}");
        to.WriteLine($"  disk      {job.Source} into {job.Folder}, {Units.Count(job.Images, "image")}");
        to.WriteLine($"  schedule  {job.Schedule}, next {(job.NextRunAt is { } next ? $"{next:ddd yyyy-MM-dd HH:mm:ss zzz}" : "never")}");
        if (job.Running is { } running)
            to.WriteLine($"  running   {running.Image}, since {Local(running.StartedAt, clock)}{(running.Progress is { } progress ? $"; {ProgressText.Line(progress)}" : "")}");
        if (job.Last is not { } last)
        {
            to.WriteLine("  last      has not run yet");
            return;
        }
        to.WriteLine($"  last      {Local(last.StartedAt, clock)} ({last.Reason}), {Verdict(last)}, in {Units.Time(last.FinishedAt - last.StartedAt)}");
        WriteResult(to, last);
        if (last.ExitCode != ExitCodes.Done) to.WriteLine($"  complete  {(job.LastCompleteAt is { } at ? $"the newest complete image is of {Local(at, clock)}" : "there is no complete image")}");
    }

    private static void WriteResult(TextWriter to, JobResult result)
    {
        if (result.Error is { } error) to.WriteLine($"  error     {error}");
        else to.WriteLine($"  image     {result.Image}, {Units.Size(result.BytesStored)}");
        foreach (var warning in result.Warnings) to.WriteLine($"  warning   {warning}");
    }

    private static string Verdict(JobResult result) => result.ExitCode == ExitCodes.Done ? result.Verdict : $"{result.Verdict.ToUpperInvariant()} (exit code {result.ExitCode})";

    private static string Local(DateTimeOffset at, TimeProvider clock) => $"{TimeZoneInfo.ConvertTime(at, clock.LocalTimeZone):yyyy-MM-dd HH:mm:ss}";
}
