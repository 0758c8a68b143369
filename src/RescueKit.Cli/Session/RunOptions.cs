using RescueKit.Agent.Hosting;

namespace RescueKit.Cli.Session;

/// <summary>How a run is shown and agreed to; what it does is in its request.</summary>
internal sealed record RunOptions
{
    public bool Json { get; init; }

    /// <summary>The command line that explains the command, for errors that come of how it was put.</summary>
    public required string Help { get; init; }

    /// <summary>The disks, files and images that the run opens: where runs live together, a disk is in one of them.</summary>
    public required IReadOnlyList<RunUse> Uses { get; init; }
    public bool Quiet { get; init; }
    public bool DryRun { get; init; }
    public bool ShowPlan { get; init; }
    public string? Confirm { get; init; }

    /// <summary>Where the receipt goes besides standard output; null for nowhere.</summary>
    public string? ReceiptFile { get; init; }
}
