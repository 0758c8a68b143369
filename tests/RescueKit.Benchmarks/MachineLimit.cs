using System.Diagnostics;
using RescueKit.Disks.Stores;
using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Benchmarks;

/// <summary>
/// How long digest and codec alone take on the data of an image, on all cores, with everything in memory already: nothing that reads,
/// plans, orders or writes can be faster.
/// </summary>
internal static class MachineLimit
{
    private delegate void ChunkWork(int index, ChunkCompressor compressor, ChunkDecompressor decompressor, AlignedBuffer scratch);

    /// <summary>Prints "create SECONDS" (digest and compress) and "restore SECONDS" (decompress and digest).</summary>
    public static void Measure(string imagePath, TextWriter output)
    {
        var store = new FolderStore(Path.GetDirectoryName(Path.GetFullPath(imagePath))!);
        using var reader = ImageReader.Open(store, Path.GetFileName(imagePath));
        var contents = Load(reader);
        var lengths = new int[contents.Count];
        var frames = new AlignedBuffer[contents.Count];

        var create = Seconds(reader, contents.Count, (i, compressor, _, scratch) =>
        {
            ChunkDigest.Of(contents[i].Span);
            lengths[i] = compressor.Compress(contents[i].Span, scratch.Span);
        });
        // Outside the clock: what is to be decoded.
        Seconds(reader, contents.Count, (i, compressor, _, scratch) =>
        {
            var length = compressor.Compress(contents[i].Span, scratch.Span);
            var stored = length == 0 ? contents[i].Span : scratch.Span[..length];
            stored.CopyTo((frames[i] = new AlignedBuffer(stored.Length)).Span);
        });
        var restore = Seconds(reader, contents.Count, (i, _, decompressor, scratch) =>
        {
            var content = scratch.Span[..contents[i].Length];
            var codec = lengths[i] == 0 ? CodecKind.None : reader.Codec;
            if (!decompressor.TryDecompress(codec, frames[i].Span, content)) throw new InvalidOperationException($"chunk {i} does not decode");
            ChunkDigest.Of(content);
        });
        output.WriteLine($"create {create:F3}");
        output.WriteLine($"restore {restore:F3}");
    }

    private static double Seconds(ImageReader reader, int count, ChunkWork work)
    {
        var next = -1;
        void Run()
        {
            using var compressor = new ChunkCompressor(reader.Codec, null);
            using var decompressor = new ChunkDecompressor();
            // Room for a chunk that grows when compressed.
            var scratch = new AlignedBuffer(reader.ChunkSize + reader.ChunkSize / 64 + 256);
            for (int i; (i = Interlocked.Increment(ref next)) < count;) work(i, compressor, decompressor, scratch);
            ((IDisposable)scratch).Dispose();
        }

        var watch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Run)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>The content of every chunk that is stored, identical ones once.</summary>
    private static List<AlignedBuffer> Load(ImageReader reader)
    {
        var contents = new List<AlignedBuffer>();
        var seen = new HashSet<ChunkDigest>();
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            for (var i = 0; i < page.ChunkCount; i++)
            {
                if (page.State(i) != ChunkState.Data || !seen.Add(page.Digest(i))) continue;
                var content = new AlignedBuffer((int)page.ChunkRange(i).Length);
                reader.ReadChunk(page, i, content.Span);
                contents.Add(content);
            }
        }
        return contents;
    }
}
