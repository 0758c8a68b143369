using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>Stores that hold no large parts, and say so only when asked, or when it is too late.</summary>
public class PartLimitTests
{
    private static readonly TestDisk Disk = TestDisk.Mixed(11, 80);

    private static ImageWriterOptions Options(bool encrypted = false, long? split = null, long firstMark = 2L << 30, int seed = 1)
    {
        var options = TestImages.Options(CodecKind.None, encrypted, split, seed: seed);
        return options with { Hooks = options.Hooks with { FirstMark = firstMark } };
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, -1)]
    [InlineData(false, 1)]
    [InlineData(true, -13)]
    public void A_limit_at_a_power_of_two_is_found_before_a_part_comes_to_it(bool encrypted, int off)
    {
        const int limit = 32 << 10;
        var store = new MemoryStore { SilentLimit = limit + off };
        ImageSummary summary;
        using (var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, firstMark: limit / 4)))
        {
            TestImages.Fill(writer, Disk);
            summary = writer.Complete();
        }
        Assert.InRange(summary.Parts, 4, 20);
        Assert.All(store.Parts.Values, part => Assert.InRange(part.Length, 1, limit + off));
        Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
        var lastFrames = Frames.Of(store).GroupBy(frame => frame.Part).Select(part => part.Last().Header.Type).ToList();
        Assert.All(lastFrames.SkipLast(1), type => Assert.Equal(FrameType.PartTrailer, type));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_a_limit_that_nobody_could_know_it_stops_and_goes_on_in_smaller_parts(bool encrypted)
    {
        var (_, reference) = TestImages.Create(Disk, Options(encrypted));
        foreach (var limit in (int[])[41_003, 50_000, 61_440])
        {
            var store = new MemoryStore { SilentLimit = limit };
            Assert.Throws<DeviceException>(() => Run(ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted))));
            var summary = Run(ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, split: 40_000, seed: 2)));
            Assert.Equal(reference.RootDigest, summary.RootDigest);
            Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, reference.RootDigest));
            Assert.InRange(store.Parts[TestImages.Name].Length, 1, limit);
            Assert.All(store.Parts.Where(part => part.Key != TestImages.Name), part => Assert.InRange(part.Value.Length, 1, 40_000));
        }
    }

    /// <summary>One that ends without checkpoint and trailer.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_that_was_left_at_its_limit_tells_of_its_chunks_though_the_next_one_is_lost(bool encrypted)
    {
        var store = new MemoryStore { SilentLimit = 50_000 };
        Assert.Throws<DeviceException>(() => Run(ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted))));
        Run(ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, split: 40_000, seed: 2)));
        var inFirst = ChunksOfFirstPart(store);
        Assert.NotEmpty(inFirst);
        store.Delete(TestImages.Name + ".002");
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Equal([2], reader.MissingParts);
        var (content, expected) = (new byte[reader.ChunkSize], new byte[reader.ChunkSize]);
        foreach (var chunk in inFirst)
        {
            var page = reader.ReadRegion((int)(chunk / 8));
            var range = page.ChunkRange((int)(chunk % 8));
            reader.ReadChunk(page, (int)(chunk % 8), content.AsSpan(0, (int)range.Length));
            Disk.Masked(range, expected);
            Assert.True(expected.AsSpan(0, (int)range.Length).SequenceEqual(content.AsSpan(0, (int)range.Length)), $"chunk {chunk}");
        }
    }

    private static List<long> ChunksOfFirstPart(MemoryStore store)
    {
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        return [.. Enumerable.Range(0, reader.RegionCount).Select(reader.ReadRegion).SelectMany(page => Enumerable.Range(0, page.ChunkCount)
            .Where(i => page.State(i) == ChunkState.Data && page.Location(i).Part == 1).Select(i => page.FirstChunk + i))];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Resumed_at_any_point_no_part_passes_its_limit(bool encrypted)
    {
        const int limit = 30_000;
        var (_, reference) = TestImages.Create(Disk, Options(encrypted, limit));
        var without = 0;
        for (var stopAt = 3; stopAt < 400; stopAt += 2)
        {
            var store = new MemoryStore();
            var count = 0;
            store.Before = (kind, _, _) =>
            {
                if (kind == "append" && ++count == stopAt) throw new DeviceException("pulled");
            };
            try
            {
                Run(ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, limit)));
                break;
            }
            catch (DeviceException)
            {
                store.Before = null;
            }
            // What was only begun was taken away again.
            var summary = Run(store.Exists(TestImages.Name)
                ? ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, limit, seed: 2))
                : ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(encrypted, limit, seed: 2)));
            Assert.All(store.Parts, part => Assert.InRange(part.Value.Length, 1, limit));
            // What got no further than its first frames is another image now.
            if (summary.ImageId == reference.ImageId) Assert.Equal(reference.RootDigest, summary.RootDigest);
            Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
            without += Frames.Of(store).GroupBy(frame => frame.Part).SkipLast(1).Count(part => part.Last().Header.Type != FrameType.PartTrailer);
        }
        Assert.InRange(without, 1, int.MaxValue);
    }

    private static ImageSummary Run(ImageWriter writer)
    {
        using (writer)
        {
            TestImages.Fill(writer, Disk);
            return writer.Complete();
        }
    }
}
