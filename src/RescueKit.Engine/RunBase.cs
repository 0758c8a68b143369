using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;

namespace RescueKit.Engine;

/// <summary>What all runs have in common: confirmation, clock, receipt, and an error that says how it left things.</summary>
internal abstract class RunBase(RunResources resources) : IRun
{
    public abstract RunPlan Plan { get; }

    public virtual bool IsConfidential => false;

    public Receipt? Receipt { get; private set; }

    public virtual bool HasStoredReceipt => false;

    protected RunResources Resources { get; } = resources;

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel)
    {
        Plan.MustBeConfirmedBy(confirm);
        using var meter = new ProgressMeter(Resources.Clock, progress, PartitionAt);
        var draft = new ReceiptDraft(Plan.Operation, Resources.Clock.GetUtcNow(), meter)
        {
            Source = Plan.From.Path,
            Target = Plan.Onto.Path,
            Partitions = Plan.Items,
        };
        draft.Warnings.AddRange(Plan.Warnings);
        try
        {
            cancel.ThrowIfCancellationRequested();
            Perform(draft, meter, cancel);
            return Conclude(draft.Finish(Resources.Clock.GetUtcNow()));
        }
        catch (Exception e)
        {
            var explained = After(e) is { } aftermath ? Failures.With(e, aftermath) : e;
            Conclude(draft.Fail(explained, Resources.Clock.GetUtcNow()));
            if (ReferenceEquals(explained, e)) throw;
            throw explained;
        }
    }

    public abstract void Dispose();

    protected abstract void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel);

    protected abstract int? PartitionAt(long position);

    /// <summary>In what state the run left things when it met an error; null where the error alone says it.</summary>
    protected virtual Aftermath? After(Exception e) => Nothing(e);

    /// <summary>Of a run that has not begun to write: only one that was cancelled has to say so.</summary>
    protected static Aftermath? Nothing(Exception e) => e is OperationCanceledException ? Aftermath.NothingWritten : null;

    /// <summary>Puts the receipt where it belongs; returns a sentence where that failed.</summary>
    protected virtual string? Record(Receipt receipt) => null;

    private Receipt Conclude(Receipt receipt) =>
        Receipt = Record(receipt) is { } problem ? receipt with { Warnings = [.. receipt.Warnings, problem] } : receipt;
}
