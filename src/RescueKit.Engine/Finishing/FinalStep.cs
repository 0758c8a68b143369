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
    private bool _hasBegun;

    /// <summary>What a person should know before it is done, a sentence each.</summary>
    public abstract IEnumerable<string> Warnings { get; }

    /// <summary>What a run that was cut off in this step has left; null where it had not come to it.</summary>
    public Aftermath? After => _hasBegun ? Unfinished : null;

    /// <summary>False where there is nothing to do.</summary>
    protected virtual bool IsNeeded => true;

    /// <summary>A few words on what is being done: "growing partition 3".</summary>
    protected abstract string Doing { get; }

    /// <summary>What was not done, where it fails: "Partition 3 was not grown".</summary>
    protected abstract string NotDone { get; }

    protected abstract Aftermath Unfinished { get; }

    /// <summary>The plan's rows as they are after it.</summary>
    public virtual IReadOnlyList<PlanItem> Show(IReadOnlyList<PlanItem> items) => items;

    public void Run(TargetAccess access, ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        if (!IsNeeded) return;
        _hasBegun = true;
        meter.Begin(Doing, 0);
        try
        {
            cancel.ThrowIfCancellationRequested();
            if (!draft.Unreadable.IsEmpty) throw new SafetyException("not all of its content could be had");
            access.Release(); // the tools open it themselves
            MustBeTheSame(access);
            draft.Skipped.AddRange(Do(meter.Rename, cancel));
        }
        catch (RescueKitException e)
        {
            draft.Skipped.Add($"{NotDone}, all else is complete: {e.Message}{(e.Remedy is { } remedy ? $" ({remedy})" : "")}.");
        }
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
