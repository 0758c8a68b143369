using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>Takes a disk's content through several workers into a sink, in ascending order, and leaves bad areas for later.</summary>
/// <param name="badAreas">Null lets the first unreadable used sector end the run.</param>
internal sealed class FirstPass(IDiskContent content, IChunkSink sink, BadAreas? badAreas, ProgressMeter meter, RunResources resources)
{
    /// <summary>Used extents of the regions that are kept: 4 MiB for each of the sets that a region has.</summary>
    private const int MostKeptExtents = 256 << 10;

    private readonly ExtentSetBuilder _deferred = new();
    private readonly Dictionary<int, ContentRegion> _kept = [];
    private ContentRegion? _open;
    private int _keptExtents;

    /// <summary>
    /// The regions of chunks that were put off, as they were when the run came by: a map that cannot be read any more would call other
    /// bytes used. Of a disk that is bad all over, and fragmented, only the first ones.
    /// </summary>
    public IReadOnlyDictionary<int, ContentRegion> Kept => _kept;

    /// <summary>Returns the chunks that were put off; empty without <c>badAreas</c>.</summary>
    public ExtentSet Run(ExtentSet scope, CancellationToken cancel)
    {
        var jobBytes = resources.JobBytes(content.ChunkSize);
        var jobs = new JobSource(content, scope, jobBytes);
        var pipeline = new OrderedPipeline<ChunkJob>(
            resources.Workers, resources.JobsInFlight(content.ChunkSize), () => new ChunkJob(jobBytes / content.ChunkSize));
        pipeline.Run(jobs.Next, () => new Worker(sink.NewWorker(), badAreas, meter, jobBytes), Finish, Abandon, cancel);
        if (_open is not null) sink.End(_open, ExtentSet.Empty);
        return _deferred.ToSet();
    }

    private void Finish(ChunkJob job)
    {
        if (job.Kind == JobKind.Region)
        {
            if (_open is not null) sink.End(_open, ExtentSet.Empty);
            _open = job.Region;
            sink.Begin(job.Region);
            return;
        }
        if (job.Deferred)
        {
            _deferred.Add(job.Range);
            Keep(job.Region);
            return;
        }
        sink.Accept(job);
        // Zeros of a disk are holes that cost nothing; zeros of an image have to be written.
        if (job.Kind == JobKind.Data || content is ImageContent) meter.Add(job.UsedBytes, job.Range.Offset);
    }

    private void Keep(ContentRegion region)
    {
        if (_kept.ContainsKey(region.Index) || _keptExtents > MostKeptExtents) return;
        _kept[region.Index] = region;
        _keptExtents += region.Used.Count;
    }

    private void Abandon(ChunkJob job)
    {
        if (job.Kind != JobKind.Region && !job.Deferred) sink.Abandon(job);
    }

    private sealed class Worker(IChunkSinkWorker sink, BadAreas? badAreas, ProgressMeter meter, int jobBytes) : IJobWorker<ChunkJob>
    {
        private readonly AlignedBuffer _buffer = new(jobBytes);

        public void Process(ChunkJob job)
        {
            if (job.Kind == JobKind.Zeros) sink.Take(job, []);
            if (job.Kind != JobKind.Data) return;
            var content = _buffer.Span[..(int)job.Range.Length];
            job.Deferred = !Read(job, content);
            if (job.Deferred) return;
            meter.AddRead(job.UsedBytes);
            sink.Take(job, content);
        }

        public void Dispose()
        {
            sink.Dispose();
            ((IDisposable)_buffer).Dispose();
        }

        private bool Read(ChunkJob job, Span<byte> content)
        {
            if (badAreas is null)
            {
                job.Region.Read(job.Range, content);
                return true;
            }
            if (badAreas.ShouldSkip(job.Range)) return false;
            try
            {
                job.Region.Read(job.Range, content, quick: true);
                badAreas.Succeeded(job.Range);
                return true;
            }
            catch (BlockReadException)
            {
                badAreas.Failed(job.Range);
                return false;
            }
        }
    }
}
