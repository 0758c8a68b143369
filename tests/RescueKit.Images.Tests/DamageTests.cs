using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

public class DamageTests
{
    [Theory]
    [InlineData(CodecKind.None, false, null)]
    [InlineData(CodecKind.Lz4, false, null)]
    [InlineData(CodecKind.Zstd, false, 20_000L)]
    [InlineData(CodecKind.Lz4, true, null)]
    [InlineData(CodecKind.None, true, 20_000L)]
    public void Truncated_at_every_length_it_is_refused_or_told(CodecKind codec, bool encrypted, long? split)
    {
        var disk = TestDisk.Mixed(3, 8);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(codec, encrypted, split));
        Assert.Equal(Verdict.Sound, Judge.Examine(store, disk, summary.RootDigest));
        foreach (var (name, part) in store.Parts.ToList())
        {
            var whole = part.ToArray();
            for (var length = 0; length < whole.Length; length++)
            {
                store.Parts[name] = new MemoryPart(whole[..length]);
                Assert.True(Verdict.Sound != Judge.Examine(store, disk, summary.RootDigest), $"{name} {length} of {whole.Length}, parts {store.Parts.Count}");
            }
            store.Parts[name] = part;
        }
    }

    [Theory]
    [InlineData(CodecKind.None, false, null)]
    [InlineData(CodecKind.Lz4, false, null)]
    [InlineData(CodecKind.Zstd, false, 20_000L)]
    [InlineData(CodecKind.Lz4, true, null)]
    [InlineData(CodecKind.None, true, 20_000L)]
    public void Every_flipped_byte_is_found_by_verify(CodecKind codec, bool encrypted, long? split)
    {
        var disk = TestDisk.Mixed(3, 8);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(codec, encrypted, split));
        foreach (var part in store.Parts.Values)
        {
            var bytes = part.Span;
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] ^= (byte)(1 << (i % 8));
                Assert.NotEqual(Verdict.Sound, Judge.Examine(store, disk, summary.RootDigest));
                bytes[i] ^= (byte)(1 << (i % 8));
            }
        }
        Assert.Equal(Verdict.Sound, Judge.Examine(store, disk, summary.RootDigest));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunks_that_changed_places_or_vanished_are_found(bool dropped)
    {
        var disk = TestDisk.Mixed(4, 40);
        var (store, summary) = TestImages.Create(disk, TestImages.Options());
        var pair = Frames.Of(store).Where(f => f.Header.Type == FrameType.Chunk).GroupBy(f => f.Header.StoredLength).First(g => g.Count() > 1).Take(2).ToList();
        var (first, second, length) = ((int)pair[0].Offset, (int)pair[1].Offset, (int)pair[0].Header.TotalLength);
        var part = store.Parts[TestImages.Name].Span;
        var kept = part.Slice(first, length).ToArray();
        part.Slice(second, length).CopyTo(part[first..]);
        if (!dropped) kept.CopyTo(part[second..]);
        using var reader = ImageReader.Open(store, TestImages.Name);
        var verification = new Verification.ImageVerifier(reader).Run(null, default);
        Assert.InRange(verification.Damage.Count(d => d.Disk is not null), dropped ? 1 : 2, int.MaxValue);
        Assert.Equal(Verdict.Reported, Judge.Examine(store, disk, summary.RootDigest));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_footer_lost_is_no_loss(bool second)
    {
        var disk = TestDisk.Mixed(4, 20);
        var (store, summary) = TestImages.Create(disk, TestImages.Options());
        var bytes = store.Parts[TestImages.Name].Span;
        bytes.Slice(bytes.Length - (second ? FooterFormat.BlockSize : FooterFormat.TailSize), FooterFormat.BlockSize).Fill(0xEE);
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal(summary, reader.Summary);
        Assert.Equal(second, reader.Repairs.Count > 0);
        TestImages.AssertHolds(reader, disk);
        Assert.Equal(Verdict.Reported, Judge.Examine(store, disk, summary.RootDigest));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Both_footers_index_and_directory_lost_the_index_is_rebuilt(bool encrypted)
    {
        var disk = TestDisk.Mixed(4, 20);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(CodecKind.Lz4, encrypted));
        foreach (var frame in Frames.Of(store))
        {
            if (frame.Header.Type is FrameType.Footer or FrameType.Index or FrameType.Directory)
                store.Parts[frame.Part].Span.Slice((int)frame.Offset, FrameHeader.Size + frame.Header.StoredLength).Fill(0xEE);
        }
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.NotEmpty(reader.Repairs);
        Assert.True(reader.IsComplete);
        Assert.Equal(summary.RootDigest, reader.RootDigest);
        Assert.Equal(summary, reader.Summary! with { StoredBytes = summary.StoredBytes });
        TestImages.AssertHolds(reader, disk);
        Assert.Equal(Verdict.Reported, Judge.Examine(store, disk, summary.RootDigest));
    }

    [Fact]
    public void The_first_sector_lost_the_header_in_front_of_a_footer_serves()
    {
        var disk = TestDisk.Mixed(4, 20);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(CodecKind.Lz4, encrypted: true));
        store.Parts[TestImages.Name].Span[..512].Fill(0xEE);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Equal(summary, reader.Summary);
        TestImages.AssertHolds(reader, disk);
    }

    [Fact]
    public void A_whole_image_is_opened_without_reading_its_chunks()
    {
        var disk = TestDisk.Mixed(4, 2000);
        var (store, _) = TestImages.Create(disk, TestImages.Options(chunksPerRegion: 256));
        var reads = 0;
        store.Before = (operation, _, _) => reads += operation == "read" ? 1 : 0;
        using (var reader = ImageReader.Open(store, TestImages.Name)) Assert.True(reader.IsComplete);
        Assert.InRange(reads, 1, 8);
    }

    [Fact]
    public void What_is_no_image_is_called_so()
    {
        var store = new MemoryStore();
        store.Parts[TestImages.Name] = new MemoryPart(new byte[100_000]);
        Assert.Throws<NotAnImageException>(() => ImageReader.Open(store, TestImages.Name));
        store.Parts[TestImages.Name] = new MemoryPart([]);
        Assert.Throws<NotAnImageException>(() => ImageReader.Open(store, TestImages.Name));
        Assert.Throws<DeviceException>(() => ImageReader.Open(new MemoryStore(), TestImages.Name));
    }

    [Fact]
    public void Unknown_incompatible_features_are_refused_by_name_and_unknown_compatible_ones_ignored()
    {
        var disk = TestDisk.Mixed(4, 20);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(CodecKind.Lz4));
        foreach (var frame in Frames.Of(store).Where(f => f.Header.Type == FrameType.Header))
            Frames.Patch(store, frame, payload => payload[0x37] = 0x80);
        Assert.Equal(Verdict.Sound, Judge.Examine(store, disk, summary.RootDigest));
        foreach (var frame in Frames.Of(store).Where(f => f.Header.Type == FrameType.Header))
            Frames.Patch(store, frame, payload => payload[0x2F] = 0x40);
        var error = Assert.Throws<ImageUnsupportedException>(() => ImageReader.Open(store, TestImages.Name));
        Assert.Contains("lz4", error.Message, StringComparison.Ordinal);
        Assert.Contains("bit 62", error.Message, StringComparison.Ordinal);
    }
}
