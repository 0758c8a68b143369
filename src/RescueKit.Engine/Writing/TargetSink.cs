using RescueKit.Engine.Content;
using RescueKit.Engine.Reading;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>
/// Writes the used bytes of chunks to a disk, except its critical areas, which come last. Bytes outside the allocation map are
/// left alone unless <paramref name="free"/> says otherwise.
/// </summary>
internal sealed class TargetSink(IBlockTarget target, TargetLayout layout, FreePolicy free, CancellationToken cancel) : IChunkSink
{
    /// <summary>Zeroing and discarding go in steps of this size, so that a cancelled run stops soon.</summary>
    private const long Step = 64 << 20;

    private readonly bool _isFile = target.Geometry.Identity.Kind == "file";
    private readonly Lock _oneWriter = new();
    private long _written;

    /// <summary>Bytes written so far; zeros that a fresh file has anyway are not written.</summary>
    public long WrittenBytes => Interlocked.Read(ref _written);

    /// <summary>Discarding was asked for, and the target has no such thing.</summary>
    public bool CannotDiscard { get; private set; }

    public void Begin(ContentRegion region) { }

    public IChunkSinkWorker NewWorker() => new Worker(this);

    public void Accept(ChunkJob job) { }

    public void Abandon(ChunkJob job) { }

    public void End(ContentRegion region, ExtentSet unreadable)
    {
        if (free == FreePolicy.Keep || target.UnwrittenIsZero || CannotDiscard) return;
        var unused = region.Used.Union(region.Excluded).ComplementIn(region.Range);
        foreach (var segment in layout.Segments)
        {
            foreach (var extent in unused.Clip(segment.From).Shift(segment.Shift).Except(layout.Critical))
                Empty(extent);
        }
    }

    private void Empty(Extent extent)
    {
        for (var at = extent.Offset; at < extent.End; at += Step)
        {
            cancel.ThrowIfCancellationRequested();
            var step = Extent.FromTo(at, Math.Min(extent.End, at + Step));
            if (free == FreePolicy.Zero) target.WriteZeros(step);
            else CannotDiscard = CannotDiscard || !target.Discard(step);
        }
    }

    private void Write(ChunkJob job, ReadOnlySpan<byte> content)
    {
        foreach (var segment in layout.Segments)
        {
            if (!segment.From.Overlaps(job.Range)) continue;
            var window = segment.From.Intersect(job.Range);
            foreach (var extent in job.Region.Used.Overlapping(window))
                WriteOutsideCritical(extent.Intersect(window), segment.Shift, job.Range.Offset, content);
        }
    }

    private void WriteOutsideCritical(Extent extent, long shift, long origin, ReadOnlySpan<byte> content)
    {
        var start = extent.Offset + shift;
        var end = extent.End + shift;
        foreach (var critical in layout.Critical.Overlapping(extent.Shift(shift)))
        {
            if (critical.Offset > start) WriteTo(Extent.FromTo(start, critical.Offset), shift, origin, content);
            start = Math.Min(critical.End, end);
        }
        if (start < end) WriteTo(Extent.FromTo(start, end), shift, origin, content);
    }

    private void WriteTo(Extent onto, long shift, long origin, ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
        {
            Write(onto.Offset, content.Slice((int)(onto.Offset - shift - origin), (int)onto.Length));
            Interlocked.Add(ref _written, onto.Length);
            return;
        }
        if (target.UnwrittenIsZero) return; // outside the critical areas each byte of a fresh file is written at most once
        for (var at = onto.Offset; at < onto.End; at += Step)
        {
            cancel.ThrowIfCancellationRequested();
            target.WriteZeros(Extent.FromTo(at, Math.Min(onto.End, at + Step)));
        }
        Interlocked.Add(ref _written, onto.Length);
    }

    /// <summary>
    /// One at a time to a file: the kernel lets only one writer into a file anyway, and the others would spin, not sleep, on a core
    /// that decoding needs. A device takes several at once.
    /// </summary>
    private void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (!_isFile)
        {
            target.Write(offset, bytes);
            return;
        }
        lock (_oneWriter) target.Write(offset, bytes);
    }

    private sealed class Worker(TargetSink sink) : IChunkSinkWorker
    {
        public void Take(ChunkJob job, ReadOnlySpan<byte> content) => sink.Write(job, content);

        public void Dispose() { }
    }
}
