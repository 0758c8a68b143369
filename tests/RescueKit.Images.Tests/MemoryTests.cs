using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Images.Tests;

/// <summary>Alone, because it counts the memory of the whole process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTestsCollection;

[Collection(nameof(MemoryTests))]
public class MemoryTests
{
    /// <summary>Takes everything and keeps nothing.</summary>
    private sealed class NullStore : IImageStore
    {
        public string Location => "nowhere";
        public long? FreeBytes => null;
        public long? MaxPartBytes => null;
        public bool Exists(string name) => false;
        public IReadOnlyList<string> List(string prefix) => [];
        public IPartReader OpenRead(string name) => throw new DeviceException("nothing is kept");
        public IPartWriter Create(string name) => new Part(name);
        public IPartWriter OpenAppend(string name) => throw new DeviceException("nothing is kept");
        public void Delete(string name) { }

        private sealed class Part(string name) : IPartWriter
        {
            public string Name => name;
            public long Length { get; private set; }
            public long DurableBytes => Length;
            public void Append(ReadOnlySpan<byte> bytes) => Length += bytes.Length;
            public void Cut(long length) => Length = length;
            public bool CanHold(long length) => true;
            public void Flush() { }
            public void Dispose() { }
        }
    }

    [Fact]
    public void An_image_that_claims_the_largest_of_disks_takes_bounded_memory_to_open()
    {
        const long regions = 1 << 20;
        var store = new Testing.Fakes.MemoryStore();
        ImageWriter.Create(store, TestImages.Name, TestImages.Describe(regions * 4096), TestImages.Options(chunksPerRegion: 1)).Dispose();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal(regions, reader.RegionCount);
        Assert.False(reader.IsComplete);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 160 << 20);
    }

    [Fact]
    public void Many_distinct_small_chunks_take_no_more_memory_than_few()
    {
        var scale = int.TryParse(Environment.GetEnvironmentVariable("RESCUEKIT_TEST_SCALE"), out var value) ? value : 1;
        const int chunk = 4096;
        var chunks = 200_000L * scale;
        var options = new ImageWriterOptions { Codec = CodecKind.Lz4, ChunkSize = chunk };
        using var writer = ImageWriter.Create(new NullStore(), TestImages.Name, TestImages.Describe(chunks * chunk), options);
        using var encoder = writer.NewEncoder();
        var content = new byte[chunk];
        new Random(1).NextBytes(content.AsSpan(0, 64));
        long before = 0, heap = 0;
        for (var region = 0; region < writer.RegionCount; region++)
        {
            if (region == 2) (before, heap) = (GC.GetTotalAllocatedBytes(precise: true), GC.GetTotalMemory(forceFullCollection: true));
            var range = new Extent(region * writer.RegionBytes, Math.Min(writer.RegionBytes, chunks * chunk - region * writer.RegionBytes));
            writer.BeginRegion(region, ExtentSet.Of(range), ExtentSet.Empty);
            for (var i = range.Offset / chunk; i < range.End / chunk; i++)
            {
                BitConverter.TryWriteBytes(content, i);
                writer.Put(encoder.Encode(i, content));
            }
            writer.EndRegion(ExtentSet.Empty);
        }
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - heap;
        writer.Complete();
        // Pages are built anew for each region; nothing is allocated for a chunk alone.
        Assert.InRange((double)allocated / chunks, 0, 120);
        Assert.InRange(grown, long.MinValue, 4 << 20);
    }
}
