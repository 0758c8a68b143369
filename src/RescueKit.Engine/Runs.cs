namespace RescueKit.Engine;

/// <summary>
/// A run that has been looked into and not started: sources and targets are open and held, the plan is made, nothing is written.
/// Execute throws typed errors (Model/Errors.cs) or OperationCanceledException after leaving things marked as they are.
/// </summary>
public interface IRun : IDisposable
{
    RunPlan Plan { get; }

    /// <param name="confirm">What the person typed; must equal the plan's ConfirmId where that is set (else SafetyException).</param>
    /// <param name="progress">Called a few times a second from some thread; null for none.</param>
    Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel);
}

/// <summary>Makes runs ready: every refusal for safety that can be known before the first write is thrown here.</summary>
public static class Runs
{
    public static IRun Backup(BackupRequest request) => throw new NotImplementedException();
    public static IRun Restore(RestoreRequest request) => throw new NotImplementedException();
    public static IRun Clone(CloneRequest request) => throw new NotImplementedException();
    public static IRun Verify(VerifyRequest request) => throw new NotImplementedException();
}
