namespace RescueKit.Cli.Session;

/// <summary>How a run is shown and agreed to; what it does is in its request.</summary>
internal sealed record RunOptions
{
    public bool Json { get; init; }
    public bool Quiet { get; init; }
    public bool DryRun { get; init; }
    public bool ShowPlan { get; init; }
    public string? Confirm { get; init; }

    /// <summary>Where the receipt goes besides standard output; null for nowhere.</summary>
    public string? ReceiptFile { get; init; }

    /// <summary>What is left after a cancelled run, and what to do with it; one sentence each.</summary>
    public required string WhenCancelled { get; init; }
    public string? AfterCancelled { get; init; }
}
