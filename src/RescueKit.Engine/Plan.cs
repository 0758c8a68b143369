using System.Text.Json.Serialization;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>What a run would do, complete enough to be printed and agreed to. Bytes.</summary>
public sealed record RunPlan
{
    /// <summary>"backup", "restore", "clone", "verify", "get".</summary>
    public required string Operation { get; init; }
    public required PlanDisk From { get; init; }
    public required PlanDisk Onto { get; init; }

    /// <summary>A row for each partition (and one, number null, for tables and gaps).</summary>
    public required IReadOnlyList<PlanItem> Items { get; init; }

    /// <summary>What is on the target now and will be lost; empty for a new file.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the person has to type; null when nothing is overwritten.</summary>
    public string? ConfirmId { get; init; }

    /// <summary>
    /// Whether what a person typed agrees to this plan: the very id of what is overwritten. Where nothing is, nothing has to be typed, but what
    /// was can only be the new file's name: anything else was meant for another target.
    /// </summary>
    public bool IsConfirmedBy(string? typed) => ConfirmId is { } id ? typed == id : typed is null || typed == Path.GetFileName(Onto.Path);

    /// <exception cref="SafetyException">What was typed does not agree to this plan (<see cref="IsConfirmedBy"/>).</exception>
    public void MustBeConfirmedBy(string? typed)
    {
        if (IsConfirmedBy(typed)) return;
        if (ConfirmId is not { } id) throw new SafetyException($"{Onto.Path} holds nothing yet, and its name is not '{typed}'", "check which target is meant");
        throw new SafetyException(
            typed is null ? $"writing over {Onto.Path} has not been confirmed" : $"'{typed}' is not the id of {Onto.Path}, which would be overwritten: nothing was written",
            $"make sure that it is the right disk, then type its id, or give --confirm {id}");
    }

    public long BytesToRead { get; init; }
    public long BytesToWrite { get; init; }
}

public sealed record PlanDisk(string Path, long Length, string? Model, string? Serial, string Description);

/// <param name="Bytes">Bytes to be copied.</param>
/// <param name="AlternativeBytes">The size under the other choice of --unclean; null where there is none.</param>
public sealed record PlanItem(
    int? Number, int? TargetNumber, string FileSystem, string? Label, long Length, long Bytes, string How, string? Reason, long? AlternativeBytes)
{
    /// <summary>Bytes that the partition has on the target; null where it keeps its length.</summary>
    public long? TargetLength { get; init; }

    /// <summary>What becomes of its length, in words; null where it keeps it.</summary>
    [JsonIgnore]
    public string? SizeChange => TargetLength is not { } onto
        ? null
        : onto > Length
            ? $"grows from {Units.Size(Length)} to {Units.Size(onto)}, and its {FileSystem} with it"
            : $"shrinks from {Units.Size(Length)} to {Units.Size(onto)}: its {FileSystem} by {Units.Size(Length - onto)}";
}
