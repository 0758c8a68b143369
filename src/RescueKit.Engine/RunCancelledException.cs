namespace RescueKit.Engine;

/// <summary>A run was cancelled. The message says in what state it left things; exit code 130.</summary>
public sealed class RunCancelledException(string state, string? remedy, Exception cause, CancellationToken token)
    : OperationCanceledException($"cancelled: {state}", cause, token)
{
    /// <summary>What to do next; null where there is nothing to do.</summary>
    public string? Remedy { get; } = remedy;
}
