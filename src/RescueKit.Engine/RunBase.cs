using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;

namespace RescueKit.Engine;

/// <summary>What all runs have in common: confirmation, clock, receipt, and an error that says how it left things.</summary>
internal abstract class RunBase(RunResources resources) : IRun
{
    public abstract RunPlan Plan { get; }

    public virtual bool IsConfidential => false;

    protected RunResources Resources { get; } = resources;

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel)
    {
        SafetyChecks.Confirmed(Plan, confirm);
        var draft = new ReceiptDraft(Plan.Operation, Resources.Clock.GetUtcNow())
        {
            Source = Plan.From.Path,
            Target = Plan.Onto.Path,
            Partitions = Plan.Items,
        };
        draft.Warnings.AddRange(Plan.Warnings);
        try
        {
            using var meter = new ProgressMeter(Resources.Clock, progress, PartitionAt);
            cancel.ThrowIfCancellationRequested();
            Perform(draft, meter, cancel);
            var receipt = draft.Finish(Resources.Clock.GetUtcNow());
            return Record(receipt) is { } problem ? receipt with { Warnings = [.. receipt.Warnings, problem] } : receipt;
        }
        catch (Exception e)
        {
            Record(draft.Fail(e, Resources.Clock.GetUtcNow()));
            var explained = Explain(e);
            if (ReferenceEquals(explained, e)) throw;
            throw explained;
        }
    }

    public abstract void Dispose();

    protected abstract void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel);

    protected abstract int? PartitionAt(long position);

    /// <summary>Adds to an error in what state the run left things.</summary>
    protected virtual Exception Explain(Exception e) => e;

    /// <summary>Puts the receipt where it belongs; returns a sentence where that failed.</summary>
    protected virtual string? Record(Receipt receipt) => null;
}
