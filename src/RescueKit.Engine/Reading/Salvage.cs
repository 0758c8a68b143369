using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>
/// What follows the first pass over a failing disk, on one thread. First each stretch that was put off is read from both ends up to the
/// first failure, so that what is good around a bad spot is safe; then what lies between in ever smaller pieces down to the logical
/// sector.
/// </summary>
/// <remarks>
/// <paramref name="limit"/> bounds the time that both parts spend on reads that fail or hang. When it is up, what was not read by
/// then stays unreadable.
/// </remarks>
internal sealed class Salvage(SurveyedContent content, IChunkSink sink, TimeSpan? limit, ProgressMeter meter, TimeProvider clock)
{
    /// <summary>A read that takes longer is a disk retrying, even if it succeeds in the end.</summary>
    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(1);

    private readonly int _sector = Math.Max(512, content.Survey.Disk.Geometry.LogicalSectorSize);
    private TimeSpan _spent;

    private bool TimeIsUp => limit is { } bound && _spent >= bound;

    /// <summary>Returns what stays unreadable.</summary>
    /// <param name="deferred">Whole chunks.</param>
    public ExtentSet Run(ExtentSet deferred, CancellationToken cancel)
    {
        using var buffer = new AlignedBuffer(content.ChunkSize);
        using var worker = sink.NewWorker();
        var bad = Sweep(deferred, buffer, worker, cancel);
        return Recover(bad, buffer, worker, cancel);
    }

    private ExtentSet Sweep(ExtentSet deferred, AlignedBuffer buffer, IChunkSinkWorker worker, CancellationToken cancel)
    {
        var bad = new ExtentSetBuilder();
        foreach (var index in RegionsOf(deferred))
        {
            var region = content.Open(index);
            sink.Begin(region);
            foreach (var stretch in deferred.Clip(region.Range))
            {
                var chunks = ChunksOf(ExtentSet.Of(stretch)).ToList();
                var (first, last) = (0, chunks.Count - 1);
                while (first <= last && Take(chunks[first])) first++;
                while (last > first && Take(chunks[last])) last--;
                for (var i = first; i <= last; i++) bad.Add(chunks[i]);
            }

            bool Take(Extent chunk)
            {
                cancel.ThrowIfCancellationRequested();
                if (TimeIsUp || !Try(() => region.Read(chunk, buffer.Span[..(int)chunk.Length], quick: true))) return false;
                Hand(region, chunk, buffer.Span[..(int)chunk.Length], worker, ExtentSet.Empty);
                return true;
            }
            sink.End(region, ExtentSet.Empty);
        }
        return bad.ToSet();
    }

    private ExtentSet Recover(ExtentSet bad, AlignedBuffer buffer, IChunkSinkWorker worker, CancellationToken cancel)
    {
        var lost = new ExtentSetBuilder();
        foreach (var index in RegionsOf(bad))
        {
            var region = content.Open(index);
            var lostHere = new ExtentSetBuilder();
            sink.Begin(region);
            foreach (var chunk in ChunksOf(bad.Clip(region.Range)))
            {
                var bytes = buffer.Span[..(int)chunk.Length];
                bytes.Clear();
                var missing = new ExtentSetBuilder();
                foreach (var extent in region.ToRead.Clip(chunk)) Recover(extent, chunk, buffer, missing, cancel);
                var lostOfChunk = missing.ToSet();
                meter.AddUnreadable(lostOfChunk.TotalLength);
                lostHere.Add(lostOfChunk);
                Hand(region, chunk, bytes, worker, lostOfChunk);
            }
            var set = lostHere.ToSet();
            sink.End(region, set);
            lost.Add(set);
        }
        return lost.ToSet();
    }

    /// <summary>Reads an extent of a chunk as far as it goes; what does not is left zero and named in <paramref name="missing"/>.</summary>
    private void Recover(Extent extent, Extent chunk, AlignedBuffer buffer, ExtentSetBuilder missing, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var at = (int)(extent.Offset - chunk.Offset);
        if (TimeIsUp)
        {
            // The larger read that failed may have left something here.
            buffer.Span.Slice(at, (int)extent.Length).Clear();
            missing.Add(extent);
            return;
        }
        if (Try(() => content.Survey.Disk.Read(extent.Offset, buffer.Span.Slice(at, (int)extent.Length)))) return;
        var middle = Middle(extent);
        if (middle is null)
        {
            buffer.Span.Slice(at, (int)extent.Length).Clear();
            missing.Add(extent);
            return;
        }
        Recover(Extent.FromTo(extent.Offset, middle.Value), chunk, buffer, missing, cancel);
        Recover(Extent.FromTo(middle.Value, extent.End), chunk, buffer, missing, cancel);
    }

    /// <summary>A sector boundary near the middle; null where the extent lies inside one sector.</summary>
    private long? Middle(Extent extent)
    {
        var middle = extent.Offset + extent.Length / 2;
        var down = middle - middle % _sector;
        if (down > extent.Offset) return down;
        return down + _sector < extent.End ? down + _sector : null;
    }

    private bool Try(Action read)
    {
        var start = clock.GetTimestamp();
        var good = false;
        try
        {
            read();
            good = true;
        }
        catch (BlockReadException)
        {
        }
        var took = clock.GetElapsedTime(start);
        if (!good || took > Hanging) _spent += took;
        return good;
    }

    private void Hand(SurveyedRegion region, Extent chunk, ReadOnlySpan<byte> bytes, IChunkSinkWorker worker, ExtentSet lost)
    {
        var job = new ChunkJob(1) { Kind = JobKind.Data, Region = region, Range = chunk, Lost = lost.IsSupersetOf(region.Used.Clip(chunk)) };
        worker.Take(job, bytes);
        sink.Accept(job);
        meter.Add(job.UsedBytes, chunk.Offset);
        meter.AddRead(job.UsedBytes - lost.TotalLength);
    }

    private IEnumerable<int> RegionsOf(ExtentSet chunks)
    {
        var next = 0;
        foreach (var extent in chunks)
        {
            for (var i = Math.Max(next, (int)(extent.Offset / content.RegionBytes)); i * content.RegionBytes < extent.End; i++)
            {
                yield return i;
                next = i + 1;
            }
        }
    }

    private IEnumerable<Extent> ChunksOf(ExtentSet chunks)
    {
        foreach (var extent in chunks)
        {
            for (var at = extent.Offset; at < extent.End; at += content.ChunkSize)
                yield return Extent.FromTo(at, Math.Min(extent.End, at + content.ChunkSize));
        }
    }
}
