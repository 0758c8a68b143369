using RescueKit.Engine.Content;
using RescueKit.Engine.Reading;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>Passes chunks on and keeps on their way whatever would otherwise have to be read from the source a second time.</summary>
/// <param name="digests">Null where nothing will be verified.</param>
internal sealed class RecordingSink(IChunkSink onto, KeptContent kept, PassDigests? digests) : IChunkSink
{
    public void Begin(ContentRegion region)
    {
        digests?.Begin(region);
        onto.Begin(region);
    }

    public IChunkSinkWorker NewWorker() => new Worker(onto.NewWorker(), kept, digests);

    public void Accept(ChunkJob job) => onto.Accept(job);

    public void Abandon(ChunkJob job) => onto.Abandon(job);

    public void End(ContentRegion region, ExtentSet unreadable) => onto.End(region, unreadable);

    private sealed class Worker(IChunkSinkWorker onto, KeptContent kept, PassDigests? digests) : IChunkSinkWorker
    {
        public void Take(ChunkJob job, ReadOnlySpan<byte> content)
        {
            if (job is { Kind: JobKind.Data, Lost: false })
            {
                kept.Keep(job.Range, content);
                digests?.Add(job.Range, content);
            }
            onto.Take(job, content);
        }

        public void Dispose() => onto.Dispose();
    }
}
