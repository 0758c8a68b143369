using RescueKit.Images.Codecs;
using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

public class PartTests
{
    private const int ChunkSize = 4096;
    private static readonly TestDisk Disk = TestDisk.Mixed(11, 80, ChunkSize);

    private static (MemoryStore Store, ImageSummary Summary) Split(bool encrypted = false, int seed = 1)
    {
        var created = TestImages.Create(Disk, TestImages.Options(CodecKind.None, encrypted, 40_000, ChunkSize, seed));
        Assert.InRange(created.Store.Parts.Count, 4, 20);
        return created;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_stay_below_the_limit(bool encrypted)
    {
        var (store, _) = Split(encrypted);
        Assert.All(store.Parts.Values, part => Assert.InRange(part.Length, 1, 40_000));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_lost_part_costs_only_its_own_chunks(bool encrypted)
    {
        var (whole, summary) = Split(encrypted);
        for (var lost = 1; lost <= whole.Parts.Count; lost++)
        {
            var store = whole.Clone();
            var own = ChunksIn(whole, lost);
            store.Delete(Parts.PartNames.Of(TestImages.Name, lost));
            Assert.Equal(Verdict.Reported, Judge.Examine(store, Disk, summary.RootDigest));
            using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
            if (lost < whole.Parts.Count) Assert.Equal([lost], reader.MissingParts);
            Assert.Equal(lost < whole.Parts.Count, reader.IsComplete);
            var found = Readable(reader);
            var missed = Readable(whole).Except(found).Except(own).ToList();
            Assert.True(missed.Count == 0, $"part {lost} of {whole.Parts.Count} lost: chunks {string.Join(", ", missed)} with it");
        }
    }

    /// <summary>Data chunks whose content can be had, and is right.</summary>
    private static HashSet<long> Readable(ImageReader reader)
    {
        var found = new HashSet<long>();
        var content = new byte[ChunkSize];
        var expected = new byte[ChunkSize];
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            for (var i = 0; i < page.ChunkCount; i++)
            {
                if (page.State(i) != ChunkState.Data) continue;
                var range = page.ChunkRange(i);
                try
                {
                    reader.ReadChunk(page, i, content.AsSpan(0, (int)range.Length));
                }
                catch (ImageDamagedException)
                {
                    continue;
                }
                Disk.Masked(range, expected);
                Assert.True(expected.AsSpan(0, (int)range.Length).SequenceEqual(content.AsSpan(0, (int)range.Length)));
                found.Add(page.FirstChunk + i);
            }
        }
        return found;
    }

    private static HashSet<long> Readable(MemoryStore store)
    {
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        return Readable(reader);
    }

    private static HashSet<long> ChunksIn(MemoryStore store, int part)
    {
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        var chunks = new HashSet<long>();
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            for (var i = 0; i < page.ChunkCount; i++)
            {
                if (page.State(i) == ChunkState.Data && page.Location(i).Part == part) chunks.Add(page.FirstChunk + i);
            }
        }
        return chunks;
    }

    [Fact]
    public void A_missing_part_is_named_by_the_chunks_that_need_it()
    {
        var (store, _) = Split();
        store.Delete("disk.rki.002");
        using var reader = ImageReader.Open(store, TestImages.Name);
        var verification = new ImageVerifier(reader).Run(null, default);
        Assert.False(verification.IsSound);
        Assert.Contains(verification.Damage, damage => damage.Part == 2 && damage.Disk is not null && damage.Message.Contains("disk.rki.002", StringComparison.Ordinal));
    }

    [Fact]
    public void Swapped_parts_are_put_right_by_what_they_say_of_themselves()
    {
        var (store, _) = Split();
        (store.Parts["disk.rki.002"], store.Parts["disk.rki.003"]) = (store.Parts["disk.rki.003"], store.Parts["disk.rki.002"]);
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal(2, reader.Repairs.Count);
        TestImages.AssertHolds(reader, Disk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_of_another_image_counts_as_missing(bool encrypted)
    {
        var (store, summary) = Split(encrypted);
        var (other, _) = Split(encrypted, seed: 2);
        store.Parts["disk.rki.003"] = other.Parts["disk.rki.003"];
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Equal([3], reader.MissingParts);
        Assert.Contains(reader.Repairs, repair => repair.Contains("another image", StringComparison.Ordinal));
        Assert.Equal(Verdict.Reported, Judge.Examine(store, Disk, summary.RootDigest));
    }

    [Fact]
    public void A_part_copied_over_another_does_no_harm()
    {
        var (store, summary) = Split();
        store.Parts["disk.rki.003"] = store.Parts["disk.rki.002"];
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Equal([3], reader.MissingParts);
        Assert.Equal(Verdict.Reported, Judge.Examine(store, Disk, summary.RootDigest));
    }
}
