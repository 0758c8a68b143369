using RescueKit.Engine.Pipelines;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Reads, decodes and digests every chunk of an image, and goes on after damage to find all of it.</summary>
internal sealed class ImageCheck(ImageReader image, ProgressMeter meter, RunResources resources)
{
    private readonly ExtentSetBuilder _damaged = new();
    private readonly ExtentSetBuilder _unreadable = new();
    private readonly Lock _lock = new();
    private readonly List<string> _messages = [];

    private const int MostMessages = 100;

    private ImageReader Image => image;

    public long VerifiedBytes { get; private set; }

    /// <summary>Disk ranges whose content is lost; valid after the run.</summary>
    public ExtentSet Damaged => _damaged.ToSet();

    /// <summary>Disk ranges that the image itself records as unreadable.</summary>
    public ExtentSet Unreadable => _unreadable.ToSet();

    /// <summary>The first so many findings, each a sentence.</summary>
    public IReadOnlyList<string> Messages => _messages;

    public void Run(CancellationToken cancel)
    {
        meter.Begin("verifying", image.Summary?.UsedBytes ?? 0);
        var pipeline = new OrderedPipeline<Job>(resources.Workers, resources.JobsInFlight(image.ChunkSize), () => new Job());
        var jobs = new Jobs(this, Math.Max(1, resources.JobBytes(image.ChunkSize) / image.ChunkSize));
        pipeline.Run(jobs.Next, () => new Worker(this), Count, null, cancel);
    }

    public void ThrowIfDamaged(string name)
    {
        var damaged = Damaged;
        if (!damaged.IsEmpty)
            throw new ImageDamagedException($"{name}: {damaged.TotalLength} bytes of the disk cannot be had from it: {_messages[0]}", "take the image again, or use another copy of it");
    }

    private void Count(Job job)
    {
        VerifiedBytes += job.Bytes;
        meter.Add(job.Bytes, job.Position);
    }

    private void Note(Extent lost, string message)
    {
        lock (_lock)
        {
            _damaged.Add(lost);
            if (_messages.Count < MostMessages) _messages.Add(message);
        }
    }

    private sealed class Job
    {
        public RegionPage? Page { get; set; }
        public int First { get; set; }
        public int Count { get; set; }
        public long Bytes { get; set; }
        public long Position { get; set; }
    }

    /// <summary>Hands out stretches of chunks; pages that cannot be read are noted and skipped.</summary>
    private sealed class Jobs(ImageCheck check, int chunksPerJob)
    {
        private int _region;
        private int _next;
        private RegionPage? _page;

        public bool Next(Job job)
        {
            while (_page is null || _next >= _page.ChunkCount)
            {
                if (_region >= check.Image.RegionCount) return false;
                _page = Open(_region++);
                _next = 0;
            }
            job.Page = _page;
            job.First = _next;
            job.Count = Math.Min(chunksPerJob, _page.ChunkCount - _next);
            job.Bytes = 0;
            job.Position = _page.ChunkRange(_next).Offset;
            _next += job.Count;
            return true;
        }

        private RegionPage? Open(int region)
        {
            try
            {
                var page = check.Image.ReadRegion(region);
                lock (check._lock) check._unreadable.Add(page.Unreadable);
                return page.Used.IsEmpty ? null : page;
            }
            catch (ImageDamagedException e)
            {
                var start = region * check.Image.RegionBytes;
                check.Note(Extent.FromTo(start, Math.Min(check.Image.DiskLength, start + check.Image.RegionBytes)), e.Message);
                return null;
            }
        }
    }

    private sealed class Worker(ImageCheck check) : IJobWorker<Job>
    {
        private readonly AlignedBuffer _buffer = new(check.Image.ChunkSize);

        public void Process(Job job)
        {
            var page = job.Page!;
            for (var i = job.First; i < job.First + job.Count; i++)
            {
                if (page.State(i) != ChunkState.Data) continue;
                var range = page.ChunkRange(i);
                try
                {
                    check.Image.ReadChunk(page, i, _buffer.Span[..(int)range.Length]);
                    job.Bytes += range.Length;
                }
                catch (ImageDamagedException e)
                {
                    check.Note(range, e.Message);
                }
            }
        }

        public void Dispose() => ((IDisposable)_buffer).Dispose();
    }
}
