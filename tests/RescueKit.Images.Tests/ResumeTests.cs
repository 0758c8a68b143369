using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

public class ResumeTests
{
    private static readonly TestDisk Disk = TestDisk.Mixed(21, 40);

    private sealed class CutException : Exception;

    /// <summary>An image whose making stopped at some append, flush or creation.</summary>
    private static MemoryStore Interrupted(int operation, ImageWriterOptions options, TestDisk disk, MemoryStore? into = null)
    {
        var store = into ?? new MemoryStore();
        var count = 0;
        store.Before = (kind, _, _) =>
        {
            if (kind != "read" && count++ >= operation) throw new CutException(); // after a cut nothing happens any more
        };
        try
        {
            using var writer = into is null
                ? ImageWriter.Create(store, TestImages.Name, TestImages.Describe(disk.Length), options)
                : ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(disk.Length), options);
            TestImages.Fill(writer, disk);
            writer.Complete();
        }
        catch (CutException)
        {
        }
        store.Before = null;
        return store;
    }

    private static int OperationsOf(ImageWriterOptions options)
    {
        var count = 0;
        var store = new MemoryStore { Before = (kind, _, _) => count += kind == "read" ? 0 : 1 };
        using var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
        TestImages.Fill(writer, Disk);
        writer.Complete();
        return count;
    }

    public enum Left { Flushed, Everything, TornTail }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, 30_000L)]
    [InlineData(true, 30_000L)]
    public void After_a_power_cut_at_any_operation_it_is_complete_or_can_be_resumed(bool encrypted, long? split)
    {
        ImageWriterOptions Fresh(int seed = 1) => TestImages.Options(CodecKind.Lz4, encrypted, split, seed: seed);
        var (_, reference) = TestImages.Create(Disk, Fresh());
        var operations = OperationsOf(Fresh());
        var resumed = 0;
        // Operation 0 creates the file: before it there is nothing.
        for (var operation = 1; operation < operations; operation++)
        {
            foreach (var left in Enum.GetValues<Left>())
            {
                var store = Interrupted(operation, Fresh(), Disk);
                if (left == Left.Flushed) store.PowerCut();
                if (left == Left.TornTail) Tear(store, operation);
                if (Judge.Examine(store, Disk, reference.RootDigest) == Verdict.Sound) continue;
                if (Resume(store, Fresh(seed: 2)) is not { } summary) continue;
                resumed++;
                // What got no further than its first frames is another image now.
                if (summary.ImageId == reference.ImageId) Assert.Equal(reference.RootDigest, summary.RootDigest);
                else Assert.InRange(operation, 1, 12);
                if (split is { } limit) Assert.All(store.Parts, part => Assert.InRange(part.Value.Length, 1, limit));
                Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
            }
        }
        Assert.True(resumed > operations);
    }

    private static void Tear(MemoryStore store, int seed)
    {
        var random = new Random(seed);
        foreach (var part in store.Parts.Values)
            if (part.Durable < part.Length) part.Truncate(part.Durable + random.NextInt64(part.Length - part.Durable));
    }

    /// <summary>Null where there is nothing to resume: not even a header reached the store, or the image is complete.</summary>
    private static ImageSummary? Resume(MemoryStore store, ImageWriterOptions options)
    {
        ImageWriter writer;
        try
        {
            writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
        }
        catch (Exception e) when (e is NotAnImageException or ImageDamagedException or DeviceException)
        {
            // Before the first sync nothing is promised.
            Assert.InRange(store.Parts.Values.Sum(part => part.Length), 0, 16 << 10);
            return null;
        }
        catch (ImageMismatchException e) when (e.Message.Contains("complete", StringComparison.Ordinal))
        {
            return null;
        }
        using (writer)
        {
            TestImages.Fill(writer, Disk);
            return writer.Complete();
        }
    }

    [Fact]
    public void Interrupted_again_and_again_it_comes_out_right()
    {
        var (_, reference) = TestImages.Create(Disk, TestImages.Options(CodecKind.Lz4, encrypted: true));
        var store = Interrupted(20, TestImages.Options(CodecKind.Lz4, encrypted: true), Disk);
        for (var run = 2; run < 12; run++) Interrupted(2 + run % 5, TestImages.Options(CodecKind.Lz4, encrypted: true, seed: run), Disk, store);
        var summary = Resume(store, TestImages.Options(CodecKind.Lz4, encrypted: true, seed: 99));
        Assert.Equal(reference.RootDigest, summary!.RootDigest);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        TestImages.AssertHolds(reader, Disk);
    }

    [Fact]
    public void What_is_stored_is_kept_and_what_changed_is_stored_anew()
    {
        var options = TestImages.Options(CodecKind.Lz4);
        var store = Interrupted(OperationsOf(TestImages.Options(CodecKind.Lz4)) - 8, options, Disk);
        var before = store.Parts[TestImages.Name].Length;
        var changed = Disk with { Bytes = [.. Disk.Bytes] };
        changed.Bytes[Disk.Used[0].Offset + 100] ^= 0xFF;
        ImageSummary summary;
        using (var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(CodecKind.Lz4, seed: 3)))
        {
            TestImages.Fill(writer, changed);
            summary = writer.Complete();
        }
        var frames = Frames.Of(store).Count(f => f.Offset >= before && f.Header.Type == FrameType.Chunk);
        Assert.Equal(1, frames);
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, changed);
        Assert.Equal(TestImages.Create(changed, TestImages.Options(CodecKind.Lz4)).Summary.RootDigest, summary.RootDigest);
    }

    [Fact]
    public void A_rotten_chunk_of_an_interrupted_image_is_stored_anew()
    {
        var store = Interrupted(OperationsOf(TestImages.Options()) - 8, TestImages.Options(), Disk);
        var frame = Frames.Of(store).First(f => f.Header.Type == FrameType.Chunk);
        store.Parts[TestImages.Name].Span[frame.PayloadOffset + 100] ^= 1;
        Assert.NotNull(Resume(store, TestImages.Options(seed: 2)));
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, Disk);
    }

    [Fact]
    public void A_second_pass_over_a_region_supersedes_its_page()
    {
        var options = TestImages.Options(CodecKind.Lz4);
        var store = new MemoryStore();
        ImageSummary summary;
        using (var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), options))
        {
            using var encoder = writer.NewEncoder();
            for (var region = 0; region < writer.RegionCount; region++)
            {
                var range = new Extent(region * writer.RegionBytes, Math.Min(writer.RegionBytes, Disk.Length - region * writer.RegionBytes));
                writer.BeginRegion(region, Disk.Used.Clip(range), Disk.Excluded.Clip(range));
                writer.EndRegion(ExtentSet.Empty);
            }
            Assert.Throws<InvalidOperationException>(() => writer.Complete());
            TestImages.Fill(writer, Disk);
            summary = writer.Complete();
        }
        Assert.Equal(TestImages.Create(Disk, TestImages.Options(CodecKind.Lz4)).Summary.RootDigest, summary.RootDigest);
        Assert.Equal(Disk.Used.TotalLength, summary.UsedBytes);
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, Disk);
    }

    [Fact]
    public void Another_disk_a_hot_image_and_a_complete_one_are_refused()
    {
        var options = TestImages.Options();
        var store = Interrupted(20, options, Disk);
        void Refused(ImageDescription description, ImageWriterOptions with) =>
            Assert.Throws<ImageMismatchException>(() => ImageWriter.Resume(store, TestImages.Name, description, with));
        var same = TestImages.Describe(Disk.Length);
        Refused(TestImages.Describe(Disk.Length - 512), options);
        Refused(TestImages.Describe(Disk.Length, serial: "OTHER"), options);
        Refused(same with { Disk = same.Disk with { DiskId = "other" } }, options);
        Refused(TestImages.Describe(Disk.Length, kind: "hot"), options);
        Refused(same, options with { ChunkSize = 8192 });
        Assert.NotNull(Resume(store, options));
        Refused(same, options);
    }

    [Fact]
    public void An_image_begun_in_the_clear_is_not_gone_on_with_as_if_it_were_encrypted()
    {
        var store = Interrupted(20, TestImages.Options(), Disk);
        var before = store.Parts[TestImages.Name].ToArray();
        var error = Assert.Throws<ImageMismatchException>(() => Resume(store, TestImages.Options(encrypted: true)));
        Assert.Contains("--encrypt", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(before, store.Parts[TestImages.Name].ToArray());
        Assert.Throws<WrongPassphraseException>(() => Resume(Interrupted(20, TestImages.Options(encrypted: true), Disk), TestImages.Options()));
    }

    [Fact]
    public void What_was_not_asked_for_stays_as_the_image_was_begun()
    {
        var store = Interrupted(20, TestImages.Options(CodecKind.Zstd) with { Level = 3 }, Disk);
        var unasked = TestImages.Options(seed: 2) with { Codec = null, ChunkSize = null };
        Assert.Throws<ImageMismatchException>(() => Resume(store, unasked with { Codec = CodecKind.Lz4 }));
        Assert.Throws<ImageMismatchException>(() => Resume(store, unasked with { ChunkSize = 8192 }));
        Assert.NotNull(Resume(store, unasked));
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal((CodecKind.Zstd, 4096), (reader.Codec, reader.ChunkSize));
        TestImages.AssertHolds(reader, Disk);
    }

    [Fact]
    public void Two_runs_never_go_on_with_one_image()
    {
        foreach (var split in (long?[])[null, 30_000])
        {
            var store = new MemoryStore();
            using var first = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(splitBytes: split));
            TestImages.Fill(first, Disk);
            Assert.Equal(split is not null, store.Parts.Count > 1);
            var before = store.Parts.Values.Sum(part => part.Length);
            Assert.Throws<SafetyException>(() => Resume(store, TestImages.Options(splitBytes: split, seed: 2)));
            Assert.Equal(before, store.Parts.Values.Sum(part => part.Length));
            var summary = first.Complete();
            Assert.Throws<SafetyException>(() => Resume(store, TestImages.Options(splitBytes: split, seed: 2)));
            Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
        }
    }

    /// <summary>The second run begins while the first is completing: what it finds to be the end must be the end.</summary>
    [Fact]
    public void A_run_that_ends_while_another_wants_to_resume_stays_complete()
    {
        var store = new MemoryStore();
        var first = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options());
        TestImages.Fill(first, Disk);
        ImageSummary? summary = null;
        // As soon as the second run reads anything, the first one completes, unless the second run already has the image to itself.
        store.Before = (kind, _, _) =>
        {
            if (kind != "read") return;
            store.Before = null;
            summary = first.Complete();
            first.Dispose();
        };
        var error = Record.Exception(() => Resume(store, TestImages.Options(seed: 2)));
        store.Before = null;
        summary ??= first.Complete();
        first.Dispose();
        Assert.IsType<SafetyException>(error);
        Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
    }

    [Fact]
    public void An_incomplete_image_says_how_far_it_got_and_its_chunks_can_be_read()
    {
        var options = TestImages.Options(CodecKind.Lz4);
        var store = Interrupted(15, options, Disk);
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.False(reader.IsComplete);
        Assert.Null(reader.Summary);
        Assert.Equal(default, reader.RootDigest);
        Assert.Contains(reader.Repairs, repair => repair.Contains("not completed", StringComparison.Ordinal));
        var content = new byte[4096];
        var data = 0;
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            for (var i = 0; i < page.ChunkCount; i++)
            {
                var range = page.ChunkRange(i);
                if (page.State(i) == ChunkState.Pending)
                {
                    Assert.Throws<ImageDamagedException>(() => reader.ReadChunk(page, i, new byte[range.Length]));
                    continue;
                }
                reader.ReadChunk(page, i, content.AsSpan(0, (int)range.Length));
                if (page.State(i) == ChunkState.Data) data++;
            }
        }
        Assert.Equal(Frames.Of(store).Count(f => f.Header.Type == FrameType.Chunk), data);
    }
}
