using System.Text.Json;
using System.Text.Json.Serialization;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>What the agent has to know after it was ended, however that was.</summary>
internal sealed record AgentState
{
    // What a file lacks, JSON's reader sets to null.
    public IReadOnlyDictionary<string, JobState> Jobs { get => field ?? new Dictionary<string, JobState>(); init; }
}

/// <summary>Of one job.</summary>
internal sealed record JobState
{
    /// <summary>The calendar expression that <see cref="AccountedUntil"/> is about.</summary>
    public string? Schedule { get; init; }

    /// <summary>What was due until then has been seen to; what is due later has not.</summary>
    public DateTimeOffset? AccountedUntil { get; init; }

    /// <summary>A run was cut off and is to be made up for.</summary>
    public bool Owed { get; init; }
    public int LastNumber { get; init; }

    /// <summary>Written before a run begins and taken away when it has ended.</summary>
    public JobBegun? Begun { get; init; }
    public JobResult? Last { get; init; }

    /// <summary>The last run failed, and its failure was not told, or not to the end, before the agent ended.</summary>
    public bool IsUntold { get; init; }
    public DateTimeOffset? LastCompleteAt { get; init; }

    /// <summary>Of the newest complete image; null where there is none yet.</summary>
    public JobPlace? Place { get; init; }

    /// <summary>What the job has made, complete or not, oldest first: nothing else is ever removed.</summary>
    public IReadOnlyList<JobImage> Images { get => field ?? []; init; }
}

internal sealed record JobBegun(int Number, string Reason, DateTimeOffset At, string Image);

/// <summary>What a job's folder lay on, by its mount point: device numbers change from one start of the machine to the next.</summary>
internal sealed record JobPlace(string Folder, string MountPoint);

/// <param name="ExitCode">Of the run that made it; null where an agent wrote this that did not keep it.</param>
internal sealed record JobImage(string Path, Guid ImageId, DateTimeOffset At, int? ExitCode = null)
{
    /// <summary>Written before the first of its files is removed: what is left of it is to go, too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsGoing { get; init; }

    public bool Is(JobImage other) => (Path, ImageId) == (other.Path, other.ImageId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(AgentState))]
internal sealed partial class StateJson : JsonSerializerContext;
