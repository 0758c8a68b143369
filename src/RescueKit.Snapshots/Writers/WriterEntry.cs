namespace RescueKit.Snapshots.Writers;

/// <summary>What becomes of a snapshot when a writer fails.</summary>
public enum FailurePolicy
{
    /// <summary>It is taken, and worth less.</summary>
    Downgrade,

    /// <summary>It is not taken.</summary>
    Abort,
}

/// <summary>A writer and what was configured for it.</summary>
/// <param name="Deadline">For its freeze, and again for its thaw.</param>
/// <param name="Patience">For each step that freezes nothing.</param>
public sealed record WriterEntry(IWriter Writer, FailurePolicy OnFailure, TimeSpan Deadline, TimeSpan Patience);
