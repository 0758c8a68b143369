using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>Only a seal makes an image complete: it is written when the disk was found unaltered, after everything that was read of it.</summary>
public class SealTests
{
    private static readonly TestDisk Disk = TestDisk.Mixed(41, 40);

    [Theory]
    [InlineData(CodecKind.Lz4, false, null)]
    [InlineData(CodecKind.Zstd, true, null)]
    [InlineData(CodecKind.None, false, 80_000L)]
    [InlineData(CodecKind.None, true, 80_000L)]
    public void Cut_behind_any_frame_of_its_last_part_it_is_complete_with_a_seal_and_not_without(CodecKind codec, bool encrypted, long? split)
    {
        var (whole, summary) = TestImages.Create(Disk, TestImages.Options(codec, encrypted, split));
        var frames = Frames.Of(whole);
        var last = frames[^1].Part;
        var seal = frames.FindIndex(f => f.Header.Type == FrameType.Seal);
        var (with, without) = (0, 0);
        for (var i = frames.FindIndex(f => f.Part == last); i < frames.Count - 1; i++)
        {
            // Without a description there is no image yet.
            if (i < frames.FindIndex(f => f.Header.Type == FrameType.Description)) continue;
            var store = whole.Clone();
            store.Parts[last].Truncate(frames[i].Offset + frames[i].Header.TotalLength);
            using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
            Assert.Equal(i >= seal, reader.IsComplete);
            Assert.Equal(i >= seal ? summary.RootDigest : default, reader.RootDigest);
            if (i >= seal - 1) TestImages.AssertHolds(reader, Disk);
            Assert.Equal(Verdict.Reported, Judge.Examine(store, Disk, summary.RootDigest));
            if (i >= seal) with++;
            else without++;
        }
        Assert.True(with >= 6, $"{with} cuts behind the seal");
        Assert.True(without >= 1, "no cut in front of the seal");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unsealed_image_is_resumed_and_nothing_is_stored_again(bool encrypted)
    {
        var (store, reference) = Unsealed(encrypted);
        var chunks = Frames.Of(store).Count(f => f.Header.Type is FrameType.Chunk);
        Assert.Equal(reference.RootDigest, Resume(store, encrypted).RootDigest);
        Assert.Equal(chunks, Frames.Of(store).Count(f => f.Header.Type is FrameType.Chunk));
        Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, reference.RootDigest));
    }

    [Fact]
    public void The_seal_of_a_session_does_not_count_once_another_has_begun()
    {
        var (store, reference) = TestImages.Create(Disk, TestImages.Options());
        CutBehind(store, FrameType.Seal);
        using (ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(seed: 2)))
        {
            // Stopped before it read anything.
        }
        using (var reader = ImageReader.Open(store, TestImages.Name)) Assert.False(reader.IsComplete);
        Assert.Equal(reference.RootDigest, Resume(store, encrypted: false).RootDigest);
        Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, reference.RootDigest));
    }

    [Fact]
    public void A_seal_vouches_for_the_newest_pages_only()
    {
        var changed = Disk with { Bytes = [.. Disk.Bytes] };
        changed.Bytes[Disk.Used[0].Offset + 100] ^= 0xFF;
        var (store, _) = Unsealed(encrypted: false);
        using (var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(seed: 2)))
        {
            TestImages.Fill(writer, changed);
            writer.Complete();
        }
        CutBehind(store, FrameType.Seal);
        using (var reader = ImageReader.Open(store, TestImages.Name)) TestImages.AssertHolds(reader, changed);
        foreach (var page in Frames.Of(store).FindAll(f => f.Header.Type == FrameType.RegionPage && f.Header.Session == 2))
            store.Parts[page.Part].Span[page.PayloadOffset] ^= 1;
        using var older = ImageReader.Open(store, TestImages.Name);
        Assert.False(older.IsComplete);
        Assert.Contains(older.Repairs, repair => repair.Contains("not all of it is left", StringComparison.Ordinal));
        Assert.False(new ImageVerifier(older).Run(null, default).IsSound);
    }

    private static (MemoryStore Store, ImageSummary Reference) Unsealed(bool encrypted)
    {
        var (store, summary) = TestImages.Create(Disk, TestImages.Options(encrypted: encrypted));
        var seal = Frames.Of(store).Single(f => f.Header.Type == FrameType.Seal);
        store.Parts[TestImages.Name].Truncate(seal.Offset);
        return (store, summary);
    }

    private static void CutBehind(MemoryStore store, FrameType type)
    {
        var frame = Frames.Of(store).Last(f => f.Header.Type == type);
        store.Parts[frame.Part].Truncate(frame.Offset + frame.Header.TotalLength);
    }

    private static ImageSummary Resume(MemoryStore store, bool encrypted)
    {
        using var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(encrypted: encrypted, seed: 9));
        TestImages.Fill(writer, Disk);
        return writer.Complete();
    }
}
