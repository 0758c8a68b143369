using RescueKit.Engine.Content;
using RescueKit.Engine.Reading;
using RescueKit.Images;
using RescueKit.Images.Chunks;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>Digests and compresses chunks on the workers and appends them, in order, to an image.</summary>
internal sealed class ImageSink(ImageWriter image) : IChunkSink
{
    public void Begin(ContentRegion region) => image.BeginRegion(region.Index, region.Used, region.Excluded);

    public IChunkSinkWorker NewWorker() => new Worker(image.NewEncoder(), image.ChunkSize);

    public void Accept(ChunkJob job)
    {
        if (job.Kind == JobKind.Zeros)
        {
            var chunks = (int)((job.Range.Length + image.ChunkSize - 1) / image.ChunkSize);
            image.PutZeros(job.Range.Offset / image.ChunkSize, chunks);
            return;
        }
        for (var i = 0; i < job.Encoded.Length; i++)
        {
            if (job.Encoded[i] is not { } chunk) continue;
            job.Encoded[i] = null;
            image.Put(chunk);
        }
    }

    public void Abandon(ChunkJob job)
    {
        for (var i = 0; i < job.Encoded.Length; i++)
        {
            job.Encoded[i]?.Dispose();
            job.Encoded[i] = null;
        }
    }

    public void End(ContentRegion region, ExtentSet unreadable) => image.EndRegion(unreadable);

    private sealed class Worker(ChunkEncoder encoder, int chunkSize) : IChunkSinkWorker
    {
        public void Take(ChunkJob job, ReadOnlySpan<byte> content)
        {
            if (job.Lost) return; // not put: the region's end records it as unreadable
            for (var i = 0; !content.IsEmpty; i++)
            {
                var length = Math.Min(chunkSize, content.Length);
                job.Encoded[i] = encoder.Encode(job.Range.Offset / chunkSize + i, content[..length]);
                content = content[length..];
            }
        }

        public void Dispose() => encoder.Dispose();
    }
}
