using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Writing;
using RescueKit.Model;

namespace RescueKit.Engine.Transfers;

/// <summary>
/// Writes a disk in the one safe order: invalidate and sync; data and sync; boot sectors and superblocks and sync; tables and sync; then,
/// where asked for, read everything back.
/// </summary>
/// <param name="critical">Gives what is written last, when everything else has been.</param>
internal sealed class TransferExecution(
    IBlockTarget target, TargetLayout layout, IDiskContent content, ReadContent critical, FreePolicy free, ProgressMeter meter, RunResources resources)
{
    private readonly CriticalWriter _last = new(target, layout, critical);
    private Stage _stage;

    /// <summary>True when the target is whole again, tables included.</summary>
    public bool IsWhole => _stage == Stage.Whole;

    /// <param name="fill">Takes the content into the sink, critical areas excepted.</param>
    public void Write(ReceiptDraft draft, long total, Action<TargetSink> fill, CancellationToken cancel)
    {
        var sink = new TargetSink(target, layout, free, cancel);
        try
        {
            Write(sink, total, fill, cancel);
        }
        finally
        {
            draft.BytesWritten = sink.WrittenBytes + _last.WrittenBytes;
            if (sink.CannotDiscard) draft.Warnings.Add($"{target.Name} cannot discard: blocks that are free on the source keep what they held. --free zero overwrites them.");
        }
    }

    private void Write(TargetSink sink, long total, Action<TargetSink> fill, CancellationToken cancel)
    {
        _stage = Stage.Invalidating;
        _last.Invalidate();
        _stage = Stage.Data;
        var before = target.DurableBytes;
        meter.Begin("writing", total, () => sink.WrittenBytes == 0 ? 1 : (double)(target.DurableBytes - before) / sink.WrittenBytes);
        fill(sink);
        meter.End();
        meter.Rename("syncing");
        target.Flush();
        cancel.ThrowIfCancellationRequested();
        meter.Rename("writing boot sectors");
        _stage = Stage.Last;
        _last.WriteVolumes(cancel);
        _last.WriteTables(cancel);
        _stage = Stage.Whole;
    }

    /// <param name="seen">What the pass over the source saw; null where the content has digests of its own.</param>
    public void Verify(ReceiptDraft draft, long total, PassDigests? seen, CancellationToken cancel)
    {
        meter.Begin("verifying", total);
        using var view = new MappedView(target, layout.Segments, content.Length);
        var readBack = new ReadBack(target, view, layout, content, seen, meter, resources);
        try
        {
            readBack.Run(cancel);
        }
        finally
        {
            draft.BytesVerified = readBack.VerifiedBytes;
        }
        meter.End();
        foreach (var range in readBack.NotComparable)
            draft.Skipped.Add($"{range.Length} bytes at offset {range.Offset} could not be verified: what is in use there cannot be read from the source any more.");
    }

    /// <summary>What the target is worth now. Promises no more than the order of writes and syncs does.</summary>
    public Aftermath? After(Exception e)
    {
        const string again = "run it again from its beginning";
        var wholeDisk = !layout.TableAreas.IsEmpty;
        return _stage switch
        {
            Stage.Untouched => e is OperationCanceledException ? Aftermath.NothingWritten : null,
            Stage.Invalidating when !_last.HasTouched => new(
                $"the first write to {target.Name} failed, so it probably holds what it held before",
                $"look at what is on it (rescuekit disk show {target.Name}) before you trust or reuse it"),
            Stage.Invalidating => new(
                $"{target.Name} has lost part of its old tables and superblocks and got nothing new yet: do not use what may still mount of it", again),
            Stage.Data when wholeDisk => new($"{target.Name} is incomplete and can be neither booted nor mounted", again),
            Stage.Data => new($"what was to be restored into {target.Name} is incomplete and cannot be mounted; the rest of it is as it was", again),
            Stage.Last => new(
                $"all data is on {target.Name}, but its {(wholeDisk ? "boot sectors and tables" : "boot sectors")} may be incomplete: what boots or mounts of it is whole, the rest is missing",
                again),
            _ => new($"{target.Name} was written in full, but not proven", "run it again, onto another disk if this one is at fault"),
        };
    }

    private enum Stage
    {
        Untouched,

        /// <summary>What makes the old content recognisable is being taken away.</summary>
        Invalidating,

        /// <summary>Nothing is recognisable, and that is on stable storage.</summary>
        Data,

        /// <summary>All data is on stable storage; boot sectors, superblocks and tables are being written.</summary>
        Last,
        Whole,
    }
}
