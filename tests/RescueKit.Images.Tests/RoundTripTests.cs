using RescueKit.Images.Codecs;

namespace RescueKit.Images.Tests;

public class RoundTripTests
{
    [Theory]
    [CombinatorialData]
    public void What_was_put_comes_back(CodecKind codec, bool encrypted, bool split, int chunkSize)
    {
        var disk = TestDisk.Mixed(7, 61, chunkSize);
        var options = TestImages.Options(codec, encrypted, split ? chunkSize * 5 + 8192 : null, chunkSize);
        var (store, summary) = TestImages.Create(disk, options);
        Assert.Equal(split, store.Parts.Count > 2);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Empty(reader.Repairs);
        Assert.True(reader.IsComplete);
        Assert.Equal(summary, reader.Summary);
        Assert.Equal(store.Parts.Values.Sum(p => p.Length), summary.StoredBytes);
        Assert.Equivalent(TestImages.Describe(disk.Length), reader.Description, strict: true);
        TestImages.AssertHolds(reader, disk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunks_are_read_at_random_by_many_threads_at_once(bool encrypted)
    {
        var disk = TestDisk.Mixed(8, 300);
        var (store, _) = TestImages.Create(disk, TestImages.Options(CodecKind.Zstd, encrypted, 100_000));
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        var chunks = Enumerable.Range(0, 4).SelectMany(_ => Enumerable.Range(0, 300)).ToArray();
        new Random(1).Shuffle(chunks);
        Parallel.ForEach(chunks, new ParallelOptions { MaxDegreeOfParallelism = 8 }, chunk =>
        {
            var region = (int)(chunk * 4096L / reader.RegionBytes);
            var page = reader.ReadRegion(region);
            var range = page.ChunkRange((int)(chunk - page.FirstChunk));
            var (expected, actual) = (new byte[range.Length], new byte[range.Length]);
            reader.ReadChunk(page, (int)(chunk - page.FirstChunk), actual);
            disk.Masked(range, expected);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"content of {range}");
        });
    }

    [Fact]
    public void Data_is_synced_before_seal_and_index_and_these_before_the_footers()
    {
        var disk = TestDisk.Mixed(7, 20);
        var log = new List<string>();
        var store = new Testing.Fakes.MemoryStore();
        using var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(disk.Length), TestImages.Options());
        TestImages.Fill(writer, disk);
        store.Before = (operation, _, _) =>
        {
            if (operation is "append" or "flush") log.Add(operation == "flush" ? "sync" : $"{Frames.Of(store).Count}");
        };
        writer.Complete();
        store.Before = null;
        var frames = Frames.Of(store);
        var told = log.Select(entry => entry == "sync" ? entry : $"{frames[int.Parse(entry, System.Globalization.CultureInfo.InvariantCulture)].Header.Type}");
        Assert.Equal("Padding RegionPage sync Seal Description Directory Index sync Header Footer Padding Header Footer sync",
            string.Join(' ', told.Where((entry, i) => i == 0 || entry != "RegionPage" || told.ElementAt(i - 1) != "RegionPage")));
    }
}

/// <summary>Every codec, encrypted or not, split or not, at several chunk sizes.</summary>
public sealed class CombinatorialDataAttribute : Xunit.Sdk.DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
        from codec in Enum.GetValues<CodecKind>()
        from encrypted in (bool[])[false, true]
        from split in (bool[])[false, true]
        from chunkSize in (int[])[4096, 8192, 65536]
        select new object[] { codec, encrypted, split, chunkSize };
}
