using RescueKit.Images.Chunks;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Tests;

public class DedupeTests
{
    private static TestDisk Repeating(int chunks, int distinct)
    {
        var bytes = new byte[chunks * 4096];
        var random = new Random(1);
        for (var i = 0; i < chunks; i++)
        {
            if (i < distinct) random.NextBytes(bytes.AsSpan(i * 4096, 4096));
            else bytes.AsSpan(i % distinct * 4096, 4096).CopyTo(bytes.AsSpan(i * 4096));
        }
        return new TestDisk(bytes, ExtentSet.Of(new Extent(0, bytes.Length)), ExtentSet.Empty, ExtentSet.Empty);
    }

    [Fact]
    public void Identical_chunks_are_stored_once()
    {
        var disk = Repeating(100, 10);
        var (store, summary) = TestImages.Create(disk, TestImages.Options(CodecKind.Lz4));
        Assert.Equal(10, Frames.Of(store).Count(f => f.Header.Type == FrameType.Chunk));
        Assert.Equal((100, 90), (summary.DataChunks, summary.DuplicateChunks));
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, disk);
    }

    [Fact]
    public void Only_within_one_part()
    {
        var disk = Repeating(100, 10);
        var (store, _) = TestImages.Create(disk, TestImages.Options(CodecKind.None, splitBytes: 30_000));
        Assert.InRange(store.Parts.Count, 2, 99);
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, disk);
        var parts = Frames.Of(store).Where(f => f.Header.Type == FrameType.PartTrailer).Select(f => f.Part);
        Assert.Equal(store.Parts.Count - 1, parts.Distinct().Count());
    }

    [Fact]
    public void A_chunk_taken_for_stored_is_compressed_after_all_when_the_part_has_changed()
    {
        var disk = Repeating(2, 1);
        var text = new byte[4096];
        text.AsSpan().Fill((byte)'x');
        text.CopyTo(disk.Bytes, 0);
        text.CopyTo(disk.Bytes, 4096);
        var store = new Testing.Fakes.MemoryStore();
        using (var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(disk.Length), TestImages.Options(CodecKind.Lz4)))
        {
            using var encoder = writer.NewEncoder();
            writer.BeginRegion(0, disk.Used, ExtentSet.Empty);
            writer.Put(encoder.Encode(0, text));
            Assert.True(writer.MayBeStored(ChunkDigest.Of(text)));
            var second = encoder.Encode(1, text);
            Assert.True(second.IsUncompressed);
            writer.ForgetStored();
            writer.Put(second);
            writer.EndRegion(ExtentSet.Empty);
            writer.Complete();
        }
        var frames = Frames.Of(store).Where(f => f.Header.Type == FrameType.Chunk).ToList();
        Assert.Equal(2, frames.Count);
        Assert.All(frames, frame => Assert.Equal(CodecKind.Lz4, frame.Header.Codec));
        using var reader = ImageReader.Open(store, TestImages.Name);
        TestImages.AssertHolds(reader, disk);
    }

    [Fact]
    public void The_table_has_a_fixed_size_and_never_gives_a_wrong_answer()
    {
        using var table = new DedupeTable();
        static ChunkDigest DigestOf(int i) => ChunkDigest.Of(BitConverter.GetBytes(i));
        for (var i = 0; i < 1_000_000; i++) table.Add(DigestOf(i), new FrameLocation(1, i, i * 16L));
        var found = 0;
        for (var i = 0; i < 1_000_000; i++)
        {
            if (!table.TryFind(DigestOf(i), 1, out var at)) continue;
            Assert.Equal(new FrameLocation(1, i, i * 16L), at);
            found++;
        }
        Assert.InRange(found, 400_000, 1 << 19);
        table.Clear();
        Assert.False(table.MayContain(DigestOf(999_999)));
    }

    [Fact]
    public void Zeros_are_not_stored_and_trailing_zeros_neither()
    {
        var bytes = new byte[3 * 4096];
        bytes[4096] = 7;
        var disk = new TestDisk(bytes, ExtentSet.Of(new Extent(0, bytes.Length)), ExtentSet.Empty, ExtentSet.Empty);
        var (store, summary) = TestImages.Create(disk, TestImages.Options());
        var chunk = Assert.Single(Frames.Of(store), f => f.Header.Type == FrameType.Chunk);
        Assert.Equal(1, chunk.Header.ContentLength);
        Assert.Equal((1, 2), (summary.DataChunks, summary.ZeroChunks));
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal(ChunkDigest.Of(new byte[4096]), reader.ReadRegion(0).Digest(0));
        TestImages.AssertHolds(reader, disk);
    }

    [Fact]
    public void The_content_digest_does_not_depend_on_codec_encryption_parts_or_image()
    {
        var disk = TestDisk.Mixed(9, 40);
        var contents = new HashSet<ChunkDigest>();
        var roots = new HashSet<ChunkDigest>();
        var seed = 0;
        foreach (var codec in Enum.GetValues<CodecKind>())
        {
            foreach (var encrypted in (bool[])[false, true])
            {
                var (store, summary) = TestImages.Create(disk, TestImages.Options(codec, encrypted, encrypted ? 40_000 : null, seed: ++seed));
                using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
                contents.Add(reader.ContentDigest);
                roots.Add(summary.RootDigest);
            }
        }
        Assert.Single(contents);
        Assert.Equal(seed, roots.Count);
    }
}
