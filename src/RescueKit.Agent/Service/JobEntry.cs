using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>A job of the agent: what it is, and how it stands. Guarded by the lock of its <see cref="JobBook"/>.</summary>
internal sealed class JobEntry(JobConfig config, JobState state)
{
    public JobConfig Config { get; set; } = config;
    public JobState State { get; set; } = state;

    /// <summary>What it is going to run for; null where it is not due.</summary>
    public JobTicket? Waiting { get; set; }

    /// <summary>Why it does not run although it is due.</summary>
    public string? WaitsFor { get; set; }

    /// <summary>Since when it waits for its disk; null where it does not.</summary>
    public long? WaitsSince { get; set; }
    public RunningJob? Running { get; set; }

    /// <summary>By the clock's timestamps: since when it waits, or runs.</summary>
    public long Since { get; set; }

    /// <summary>How long it may; null for as long as it likes, and where it was told of already.</summary>
    public TimeSpan? Patience { get; set; }

    /// <summary>What is to be said of it while it does not end though it was told to, or waits or runs for too long; null otherwise.</summary>
    public JobResult? Stuck { get; set; }

    /// <summary>What became of the run that the last agent left is still being looked at: none begins before.</summary>
    public bool IsBeingTakenOver { get; set; }

    /// <summary>No job of the configuration any more: there until its run has ended.</summary>
    public bool IsGone { get; set; }

    public bool IsIdle => Waiting is null && Running is null;
}

/// <summary>Why a job runs: see <see cref="JobResult.Reason"/>.</summary>
/// <param name="At">When that came about.</param>
internal sealed record JobTicket(int Number, string Reason, DateTimeOffset At)
{
    public const string Schedule = "schedule";
    public const string CatchUp = "catch-up";
    public const string Request = "request";
}

/// <summary>A job that is running.</summary>
/// <param name="source">What it images, whatever its configuration says by now.</param>
internal sealed class RunningJob(JobBegun begun, string source)
{
    public JobBegun Begun { get; } = begun;
    public string Source { get; } = source;

    /// <summary>Among the host's runs; null until it is planned.</summary>
    public int? Run { get; set; }
}
