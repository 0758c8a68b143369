using RescueKit.Engine.Content;
using RescueKit.Images.Chunks;
using RescueKit.Model;

namespace RescueKit.Engine.Reading;

internal enum JobKind
{
    /// <summary>A region begins; carries no chunks. Every region of the run has one, empty or not.</summary>
    Region,
    /// <summary>Chunks to be read: <see cref="ChunkJob.Range"/> is at most one request.</summary>
    Data,
    /// <summary>Chunks known to be zero; the range may be as long as the region.</summary>
    Zeros,
}

/// <summary>Neighbouring chunks of one region that go through a run together. Reused.</summary>
internal sealed class ChunkJob(int chunksPerJob)
{
    public JobKind Kind { get; set; }
    public ContentRegion Region { get; set; } = null!;

    /// <summary>Whole chunks; disk offsets.</summary>
    public Extent Range { get; set; }

    /// <summary>Put off to the second pass: it could not be read, or lies in a stretch where others could not.</summary>
    public bool Deferred { get; set; }

    /// <summary>Nothing of it could be read.</summary>
    public bool Lost { get; set; }

    /// <summary>For the sink that encodes.</summary>
    public EncodedChunk?[] Encoded { get; } = new EncodedChunk?[chunksPerJob];

    public long UsedBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var extent in Region.Used.Overlapping(Range)) bytes += extent.Intersect(Range).Length;
            return bytes;
        }
    }
}

/// <summary>Where chunks go: an image, or a disk.</summary>
internal interface IChunkSink
{
    /// <summary>On the calling thread, in ascending order of regions; again for a region that a second pass comes back to.</summary>
    void Begin(ContentRegion region);

    IChunkSinkWorker NewWorker();

    /// <summary>On the calling thread, in ascending order, after a worker has taken the job.</summary>
    void Accept(ChunkJob job);

    /// <summary>A job that a worker has taken will not be accepted: the run has stopped.</summary>
    void Abandon(ChunkJob job);

    /// <param name="unreadable">Used bytes that were found unreadable for good; empty in a first pass.</param>
    void End(ContentRegion region, ExtentSet unreadable);
}

/// <summary>One thread's share of a sink.</summary>
internal interface IChunkSinkWorker : IDisposable
{
    /// <param name="content">The job's chunks; empty for <see cref="JobKind.Zeros"/>.</param>
    void Take(ChunkJob job, ReadOnlySpan<byte> content);
}
