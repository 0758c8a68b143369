using RescueKit.Disks;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Finishing;

/// <summary>
/// Something that the tools of tables and file systems do to a disk that a run has written, all of it. The disk is whole before it; where it
/// fails, the run is complete with losses.
/// </summary>
internal abstract class FinalStep
{
    private bool _hasBegun, _hasEnded;

    /// <summary>What a person should know before it is done, a sentence each.</summary>
    public abstract IEnumerable<string> Warnings { get; }

    /// <summary>What a run that was cut off in this step has left; null where it had not come to it, or had come through.</summary>
    public Aftermath? After => _hasBegun && !_hasEnded ? Unfinished : null;

    /// <summary>Something of the disk could not be let go of.</summary>
    protected bool IsLeftInUse { get; set; }

    /// <summary>False where there is nothing to do.</summary>
    protected virtual bool IsNeeded => true;

    /// <summary>A few words on what is being done: "growing partition 3".</summary>
    protected abstract string Doing { get; }

    /// <summary>What was not done, where it fails: "Partition 3 was not grown".</summary>
    protected abstract string NotDone { get; }

    protected abstract Aftermath Unfinished { get; }

    /// <summary>The plan's rows as they are after it.</summary>
    public virtual IReadOnlyList<PlanItem> Show(IReadOnlyList<PlanItem> items) => items;

    /// <returns>Why nothing else may be done to the disk: "growing partition 3 failed"; null where something may.</returns>
    public string? Run(TargetAccess access, ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        if (!IsNeeded) return null;
        _hasBegun = true;
        meter.Begin(Doing, 0);
        try
        {
            cancel.ThrowIfCancellationRequested();
            if (!draft.Unreadable.IsEmpty) throw new SafetyException("not all of its content could be had");
            access.Release(); // the tools open it themselves
            MustBeTheSame(access);
            draft.Skipped.AddRange(Do(meter.Rename, cancel));
            _hasEnded = true;
            return IsLeftInUse ? $"{Doing} left something on the disk in use" : null;
        }
        catch (Exception e) when (e is RescueKitException or IOException or UnauthorizedAccessException)
        {
            var remedy = (e as RescueKitException)?.Remedy is { } helps ? $" ({helps})" : "";
            draft.Skipped.Add($"{NotDone}, all else is complete: {e.Message.TrimEnd('.')}{remedy}.");
            _hasEnded = true;
            return $"{Doing} failed";
        }
    }

    /// <summary>Says that it was not begun.</summary>
    /// <param name="why">As <see cref="Run"/> gives it.</param>
    public void LeaveOut(string why, ReceiptDraft draft)
    {
        if (IsNeeded) draft.Skipped.Add($"{NotDone}: it was not tried, since {why}.");
    }

    /// <returns>What of it could not be done, a sentence each.</returns>
    /// <exception cref="RescueKitException">It could not be done.</exception>
    protected abstract IReadOnlyList<string> Do(Action<string> tell, CancellationToken cancel);

    private static void MustBeTheSame(TargetAccess access)
    {
        var now = DiskInventory.Describe(access.Path);
        if (access.ConfirmId is { } id && now.ConfirmId != id) throw new DeviceException($"{access.Path} is another disk now");
    }
}
