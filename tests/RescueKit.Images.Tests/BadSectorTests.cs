using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>What a bad sector of the medium that holds an image costs: the chunks in it, and nothing else.</summary>
public class BadSectorTests
{
    private const int Sector = 4096;
    private static readonly TestDisk Disk = TestDisk.Mixed(51, 60);

    [Theory]
    [InlineData(CodecKind.Lz4, false, null, false)]
    [InlineData(CodecKind.Lz4, false, null, true)]
    [InlineData(CodecKind.None, true, null, true)]
    [InlineData(CodecKind.None, false, 40_000L, false)]
    [InlineData(CodecKind.Zstd, true, 40_000L, true)]
    public void One_anywhere_in_a_complete_image_costs_only_the_chunks_in_it(CodecKind codec, bool encrypted, long? split, bool unreadable)
    {
        var (whole, summary) = TestImages.Create(Disk, TestImages.Options(codec, encrypted, split));
        var frames = Frames.Of(whole);
        var lossless = 0;
        foreach (var (part, at) in Sectors(whole))
        {
            var store = Damaged(whole, part, at, unreadable);
            using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
            Assert.True(reader.IsComplete, $"not complete with a bad sector at {at} of {part}");
            Assert.Equal(summary.RootDigest, reader.RootDigest);
            var hit = Hit(frames, part, at);
            var lost = LostFrames(reader);
            Assert.True(lost <= hit, $"a bad sector at {at} of {part} hit {hit} chunks, and {lost} are lost");
            Assert.False(new ImageVerifier(reader) { Threads = 1 }.Run(null, default).IsSound);
            if (hit == 0) lossless++;
        }
        Assert.True(lossless > 3);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void One_anywhere_in_an_interrupted_image_neither_keeps_it_from_opening_nor_from_being_resumed(bool encrypted, bool unreadable)
    {
        var (interrupted, summary) = TestImages.Create(Disk, TestImages.Options(CodecKind.None, encrypted));
        interrupted.Parts[TestImages.Name].Truncate(Frames.Of(interrupted).Last(f => f.Header.Type == FrameType.Chunk).Offset);
        var frames = Frames.Of(interrupted);
        foreach (var (part, at) in Sectors(interrupted))
        {
            var store = Damaged(interrupted, part, at, unreadable);
            using (var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener))
            {
                Assert.False(reader.IsComplete);
                Assert.True(LostFrames(reader) <= Hit(frames, part, at));
            }
            using (var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(encrypted: encrypted, seed: 5)))
            {
                TestImages.Fill(writer, Disk);
                Assert.Equal(summary.RootDigest, writer.Complete().RootDigest);
            }
            using var resumed = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
            TestImages.AssertHolds(resumed, Disk);
        }
    }

    [Fact]
    public void Where_page_and_copy_are_lost_what_can_be_proven_is_and_the_rest_is_told()
    {
        // Region 0: all of it in use and all different, which a scan can prove by the digest. The others cannot be proven.
        var bytes = new byte[24 * Sector];
        new Random(5).NextBytes(bytes);
        bytes.AsSpan(10 * Sector, Sector).Clear();
        bytes.AsSpan(20 * Sector, Sector).CopyTo(bytes.AsSpan(21 * Sector));
        var all = ExtentSet.Of(new Extent(0, bytes.Length));
        var disk = new TestDisk(bytes, all, ExtentSet.Empty, ExtentSet.Empty);
        var (store, summary) = TestImages.Create(disk, TestImages.Options());
        foreach (var page in Frames.Of(store).Where(f => f.Header.Type == FrameType.RegionPage)) store.Parts[page.Part].Span[page.PayloadOffset + 40] ^= 1;
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal(summary.RootDigest, reader.RootDigest);
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(region => reader.ReadRegion(region).IsRebuilt));
        Assert.Equal([0, 1, 1], Enumerable.Range(0, 3).Select(region => PendingIn(reader.ReadRegion(region))));
        Assert.Equal(Verdict.Reported, Judge.Examine(store, disk, summary.RootDigest));
        var verification = new ImageVerifier(reader).Run(null, default);
        Assert.Equal(2, verification.PendingChunks);
        Assert.Equal([1, 2], verification.Damage.Where(d => d.Disk is not null).Select(d => (int)(d.Disk!.Value.Offset / reader.RegionBytes)).Distinct().Order());
    }

    private static int PendingIn(RegionPage page) => Enumerable.Range(0, page.ChunkCount).Count(i => page.State(i) == ChunkState.Pending);

    /// <summary>Chunk frames that a sector touches.</summary>
    private static int Hit(List<TestFrame> frames, string part, int at) => frames.Count(
        f => f.Part == part && f.Header.Type == FrameType.Chunk && f.Offset < at + Sector && f.Offset + f.Header.TotalLength > at);

    private static IEnumerable<(string Part, int Offset)> Sectors(MemoryStore store) =>
        from part in store.Parts
        from sector in Enumerable.Range(0, (int)((part.Value.Length + Sector - 1) / Sector))
        select (part.Key, sector * Sector);

    private static MemoryStore Damaged(MemoryStore whole, string part, int at, bool unreadable)
    {
        var store = whole.Clone();
        var bad = store.Parts[part].Span[at..];
        bad[..Math.Min(Sector, bad.Length)].Fill(0xEE);
        // Mostly a medium that has lost a sector says so.
        if (unreadable) store.Unreadable = (part, new Extent(at, Sector));
        return store;
    }

    /// <summary>Chunk frames that a page tells of and that do not hold what it says; every page must be there, and right.</summary>
    private static int LostFrames(ImageReader reader)
    {
        var lost = new HashSet<FrameLocation>();
        var content = new byte[reader.ChunkSize];
        var expected = new byte[reader.ChunkSize];
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            Assert.False(reader.IsComplete && page.IsRebuilt, $"region {region} is lost");
            for (var i = 0; i < page.ChunkCount; i++)
            {
                if (page.State(i) != ChunkState.Data) continue;
                var range = page.ChunkRange(i);
                try
                {
                    reader.ReadChunk(page, i, content.AsSpan(0, (int)range.Length));
                }
                catch (Exception e) when (e is ImageDamagedException or BlockReadException)
                {
                    lost.Add(page.Location(i));
                    continue;
                }
                Disk.Masked(range, expected);
                Assert.True(expected.AsSpan(0, (int)range.Length).SequenceEqual(content.AsSpan(0, (int)range.Length)), $"{range} was read wrong");
            }
        }
        return lost.Count;
    }
}
