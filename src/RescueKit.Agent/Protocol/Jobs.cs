using RescueKit.Engine;

namespace RescueKit.Agent.Protocol;

/// <summary>A host that makes backups on its own. Whatever fails throws <see cref="HostException"/>.</summary>
public interface IJobHost
{
    Task<AgentStatus> GetJobsAsync(CancellationToken cancel);

    /// <summary>Has a job run as soon as it can.</summary>
    /// <returns>The number of that run: <see cref="JobStatus.Last"/> has it when it has ended.</returns>
    Task<int> StartJobAsync(string job, CancellationToken cancel);
}

/// <param name="ConfigProblem">Why the configuration was not taken when it was last read again; null where it was.</param>
public sealed record AgentStatus(string ConfigPath, DateTimeOffset ConfigReadAt, string? ConfigProblem, IReadOnlyList<JobStatus> Jobs);

/// <summary>A job, as the agent sees it.</summary>
public sealed record JobStatus
{
    public required string Name { get; init; }
    public required string Source { get; init; }
    public required string Folder { get; init; }

    /// <summary>The calendar expression.</summary>
    public required string Schedule { get; init; }

    /// <summary>Null where it is not due any more.</summary>
    public DateTimeOffset? NextRunAt { get; init; }

    /// <summary>"idle", "waiting", "running".</summary>
    public required string State { get; init; }

    /// <summary>What a job that is due waits for; null where it waits for nothing.</summary>
    public string? WaitsFor { get; init; }
    public JobProgress? Running { get; init; }

    /// <summary>Null where it has never run.</summary>
    public JobResult? Last { get; init; }

    /// <summary>When its newest complete image was finished.</summary>
    public DateTimeOffset? LastCompleteAt { get; init; }

    /// <summary>Images of it that the agent knows of.</summary>
    public int Images { get; init; }
}

/// <param name="Run">Its number among the host's runs; null until it is planned.</param>
public sealed record JobProgress(int Number, DateTimeOffset StartedAt, string Image, int? Run, RunProgress? Progress);

/// <summary>How a run of a job ended.</summary>
public sealed record JobResult
{
    /// <summary>The verdict on a run that has no end yet: it waits, or goes on, though the job's next time has passed.</summary>
    public const string Overdue = "overdue";

    /// <summary>Counts the job's runs, also those that never came to begin.</summary>
    public required int Number { get; init; }

    /// <summary>"schedule", "catch-up", "request".</summary>
    public required string Reason { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>The receipt's, or "failed"; "interrupted" where the agent ended in the middle of it; <see cref="Overdue"/>.</summary>
    public required string Verdict { get; init; }
    public required int ExitCode { get; init; }

    /// <summary>Why it failed; null where it did not.</summary>
    public string? Error { get; init; }

    /// <summary>Its path, whether complete or not; empty where a run that is overdue still waits.</summary>
    public required string Image { get; init; }
    public Guid? ImageId { get; init; }

    /// <summary>All parts of a finished image together; bytes.</summary>
    public long BytesStored { get; init; }
    public long BytesRead { get; init; }

    /// <summary>Where the receipt was saved; null where it was not.</summary>
    public string? Receipt { get; init; }

    /// <summary>What did not go as it should and does not make the backup fail (an old image that could not be removed): sentences.</summary>
    public IReadOnlyList<string> Warnings { get => field ?? []; init; }
}
