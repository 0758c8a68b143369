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
    /// <summary>True from the first write on.</summary>
    public bool Begun { get; private set; }

    /// <summary>True when the target is whole again, tables included.</summary>
    public bool IsWhole { get; private set; }

    /// <param name="fill">Takes the content into the sink, critical areas excepted.</param>
    public void Write(ReceiptDraft draft, long total, Action<TargetSink> fill, CancellationToken cancel)
    {
        var last = new CriticalWriter(target, layout, critical);
        var sink = new TargetSink(target, layout, free, cancel);
        Begun = true;
        last.Invalidate();
        var before = target.DurableBytes;
        meter.Begin("writing", total, () => sink.WrittenBytes == 0 ? 1 : (double)(target.DurableBytes - before) / sink.WrittenBytes);
        fill(sink);
        meter.Rename("syncing");
        target.Flush();
        cancel.ThrowIfCancellationRequested();
        meter.Rename("writing boot sectors");
        last.WriteVolumes(cancel);
        last.WriteTables(cancel);
        IsWhole = true;
        draft.BytesWritten = sink.WrittenBytes + last.WrittenBytes;
    }

    /// <param name="seen">What the pass over the source saw; null where the content has digests of its own.</param>
    public void Verify(ReceiptDraft draft, long total, PassDigests? seen, CancellationToken cancel)
    {
        meter.Begin("verifying", total);
        using var view = new MappedView(target, layout.Segments, content.Length);
        var readBack = new ReadBack(target, view, layout, content, seen, meter, resources);
        readBack.Run(cancel);
        draft.BytesVerified = readBack.VerifiedBytes;
        foreach (var range in readBack.NotComparable)
            draft.Warnings.Add($"{range.Length} bytes at offset {range.Offset} could not be verified: what is in use there cannot be read from the source any more.");
    }

    /// <summary>Adds to an error what the target is worth now.</summary>
    public Exception Explain(Exception e)
    {
        if (!Begun) return e;
        return IsWhole
            ? Failures.With(e, $"{target.Name} was written in full, but not proven", "run it again, onto another disk if this one is at fault")
            : Failures.With(e, $"{target.Name} is incomplete and can be neither booted nor mounted", "run it again from its beginning");
    }
}
