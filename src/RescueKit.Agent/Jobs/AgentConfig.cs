using RescueKit.Agent.Hosting;
using RescueKit.Agent.Schedules;

namespace RescueKit.Agent.Jobs;

/// <summary>What the agent does on its own, as agent.json says.</summary>
/// <param name="Parallel">Jobs at a time; those of one disk never run side by side.</param>
public sealed record AgentConfig(IReadOnlyList<JobConfig> Jobs, int Parallel = 1)
{
    public const string DefaultPath = "/etc/rescuekit/agent.json";
}

/// <summary>A backup that is made again and again. The options are those of `image create`, by the same words.</summary>
public sealed record JobConfig
{
    public required string Name { get; init; }

    /// <summary>Where in the file it begins, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>A block device, or a raw image file.</summary>
    public required string Source { get; init; }

    /// <summary>Where its images lie.</summary>
    public required string Folder { get; init; }
    public required ImageNames File { get; init; }
    public required CalendarExpression Schedule { get; init; }
    public required JobOptions Options { get; init; }
    public Retention? Retention { get; init; }

    /// <summary>How far its run stands back behind others; null for not at all.</summary>
    public RunPriority? Priority { get; init; }

    /// <summary>After it a run is ended; null for never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>A program and its arguments; empty for none. Is told of the failure by its environment.</summary>
    public IReadOnlyList<string> OnFailure { get; init; } = [];
}

/// <summary>Options of `image create`, not looked into: the command line does that.</summary>
public sealed record JobOptions
{
    public bool Hot { get; init; } = true;
    public string? Store { get; init; }
    public bool Writers { get; init; } = true;
    public string? QuietPeriod { get; init; }
    public string? QuietTimeout { get; init; }
    public IReadOnlyList<int> Partitions { get; init; } = [];
    public string? Codec { get; init; }
    public int? Level { get; init; }
    public string? ChunkSize { get; init; }
    public bool AllBlocks { get; init; }
    public string? Split { get; init; }
    public string? PassphraseFile { get; init; }
    public string? OnBadSector { get; init; }
    public string? BadSectorTime { get; init; }
    public string? Unclean { get; init; }
    public bool ExcludeWindowsSwap { get; init; }
    public bool Verify { get; init; }
    public string? RateLimit { get; init; }
}

/// <summary>Which of a job's images stay when a new one is complete: the newest ones, and those that are young.</summary>
/// <param name="Keep">So many of the newest, the new one among them.</param>
public sealed record Retention(int? Keep, int? KeepDays);

/// <summary>Something that is wrong with a configuration.</summary>
/// <param name="Line">From 1; null where it is about the file as a whole.</param>
public sealed record ConfigProblem(int? Line, string Message)
{
    public override string ToString() => Line is { } line ? $"line {line}: {Message}" : Message;
}
