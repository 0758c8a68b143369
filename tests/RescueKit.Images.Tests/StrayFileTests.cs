using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>Files beside an image that have the name of a part and are none.</summary>
public class StrayFileTests
{
    private const string Second = TestImages.Name + ".002";
    private static readonly TestDisk Disk = TestDisk.Mixed(31, 40);
    private static readonly byte[] Notes = "my notes, not an image"u8.ToArray();

    private static ImageWriterOptions Options(int seed = 1, long? split = null) => TestImages.Options(splitBytes: split, seed: seed);

    public static TheoryData<string> Strangers() => ["notes", "long notes", "empty", "zeros", "another image", "copy"];

    private static byte[] Stranger(string kind, MemoryStore image) => kind switch
    {
        "notes" => Notes,
        "long notes" => [.. Enumerable.Repeat(Notes, 5000).SelectMany(line => line)],
        "empty" => [],
        "zeros" => new byte[200],
        "another image" => TestImages.Create(Disk, Options(seed: 77)).Store.Parts[TestImages.Name].ToArray(),
        _ => image.Parts[TestImages.Name].ToArray(),
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public void A_complete_image_stays_sound_beside_a_stranger(string kind)
    {
        var (store, summary) = TestImages.Create(Disk, Options());
        store.Parts[Second] = new MemoryPart(Stranger(kind, store));
        Assert.Equal(Verdict.Sound, Judge.Examine(store, Disk, summary.RootDigest));
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Empty(reader.Repairs);
        Assert.Empty(reader.MissingParts);
        if (kind is "empty" or "zeros") Assert.Empty(reader.LeftOut);
        else Assert.Contains(Second, Assert.Single(reader.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_beside_an_image_costs_no_scan_of_the_image()
    {
        var (store, _) = TestImages.Create(Disk, Options());
        store.Parts[Second] = new MemoryPart(Notes);
        long read = 0;
        store.Before = (kind, name, _) => read += kind == "read" && name == TestImages.Name ? 1 : 0;
        using (ImageReader.Open(store, TestImages.Name)) Assert.InRange(read, 1, 12);
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Going_on_touches_no_stranger(string kind)
    {
        var store = Unfinished();
        var image = store.Parts[TestImages.Name].ToArray();
        var stranger = Stranger(kind, store);
        store.Parts[Second] = new MemoryPart(stranger);
        if (kind is "empty" or "zeros")
        {
            Resume(store, Options(2));
            using var reader = ImageReader.Open(store, TestImages.Name);
            TestImages.AssertHolds(reader, Disk);
            return;
        }
        var error = Assert.Throws<SafetyException>(() => Resume(store, Options(2)));
        Assert.Contains(Second, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
        Assert.Equal(stranger, store.Parts[Second].ToArray());
        Assert.Equal(image, store.Parts[TestImages.Name].ToArray());
        store.Delete(Second);
        Resume(store, Options(2));
    }

    [Fact]
    public void An_empty_file_further_on_is_in_the_way()
    {
        var store = Unfinished();
        store.Parts[$"{TestImages.Name}.004"] = new MemoryPart([]);
        Assert.Throws<SafetyException>(() => Resume(store, Options(2)));
        Assert.True(store.Exists($"{TestImages.Name}.004"));
    }

    [Fact]
    public void Parts_under_each_others_names_are_read_but_not_gone_on_with()
    {
        var store = Unfinished(split: 30_000);
        Assert.InRange(store.Parts.Count, 3, 99);
        (store.Parts[Second], store.Parts[$"{TestImages.Name}.003"]) = (store.Parts[$"{TestImages.Name}.003"], store.Parts[Second]);
        var before = store.Parts.ToDictionary(part => part.Key, part => part.Value.ToArray());
        var error = Assert.Throws<SafetyException>(() => Resume(store, Options(2, 30_000)));
        Assert.Contains("name back", error.Remedy, StringComparison.Ordinal);
        foreach (var (name, content) in before) Assert.Equal(content, store.Parts[name].ToArray());
    }

    [Fact]
    public void A_part_whose_header_is_damaged_is_still_a_part()
    {
        var (store, summary) = TestImages.Create(Disk, Options(split: 30_000));
        store.Parts[Second].Span[..200].Clear();
        using var reader = ImageReader.Open(store, TestImages.Name);
        Assert.Empty(reader.MissingParts);
        Assert.Contains(Second, Assert.Single(reader.Repairs), StringComparison.Ordinal);
        TestImages.AssertHolds(reader, Disk);
        Assert.Equal(Verdict.Reported, Judge.Examine(store, Disk, summary.RootDigest));
    }

    public static TheoryData<int, bool> Starts()
    {
        var starts = new TheoryData<int, bool>();
        foreach (var length in (int[])[0, 3, 40, 255, 256, 300, 5000])
        {
            starts.Add(length, false);
            starts.Add(length, true);
        }
        return starts;
    }

    [Theory]
    [MemberData(nameof(Starts))]
    public void An_image_that_got_no_further_than_its_first_header_begins_anew_as_it_was_begun(int length, bool encrypted)
    {
        ImageWriterOptions Wanted(bool encrypt, int seed) => TestImages.Options(encrypted: encrypt, seed: seed);
        var store = TestImages.Create(Disk, Wanted(encrypted, 1)).Store;
        store.Parts[TestImages.Name].Truncate(Math.Min(length, Frames.Of(store).First(frame => frame.Header.Type == FrameType.Description).Offset));
        store.Parts[Second] = new MemoryPart(Notes);
        Assert.ThrowsAny<RescueKitException>(() => Resume(store, Wanted(encrypted, 2)));
        Assert.Equal(Notes, store.Parts[Second].ToArray());
        store.Delete(Second);
        // Only a whole header says which it was.
        if (length >= 256) Assert.ThrowsAny<ImageException>(() => Resume(store, Wanted(!encrypted, 2)));
        Resume(store, Wanted(encrypted, 2));
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Equal((true, encrypted), (reader.IsComplete, reader.IsEncrypted));
        TestImages.AssertHolds(reader, Disk);
    }

    /// <summary>A stick that does not give its sectors just now still holds them.</summary>
    [Fact]
    public void An_image_that_cannot_be_read_behind_its_headers_is_not_begun_anew()
    {
        var store = TestImages.Create(Disk, Options()).Store;
        var whole = store.Parts[TestImages.Name].ToArray();
        var description = Frames.Of(store).First(frame => frame.Header.Type == FrameType.Description).Offset;
        store.Unreadable = (TestImages.Name, Extent.FromTo(description, whole.Length));
        Assert.ThrowsAny<RescueKitException>(() => Resume(store, Options(seed: 2)));
        Assert.Equal(whole, store.Parts[TestImages.Name].ToArray());
    }

    [Theory]
    [InlineData(TestImages.Name)]
    [InlineData(Second)]
    [InlineData(TestImages.Name + ".9999")]
    public void A_new_image_is_not_begun_where_a_file_has_the_name_of_one_of_its_parts(string name)
    {
        var store = new MemoryStore();
        store.Parts[name] = new MemoryPart(Notes);
        Assert.Throws<SafetyException>(() => ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options()));
        Assert.Equal(Notes, Assert.Single(store.Parts).Value.ToArray());
        Assert.Equal([name], ImageWriter.FilesInTheWay(store, TestImages.Name));
    }

    [Fact]
    public void A_torn_tail_and_a_part_not_yet_begun_are_no_damage()
    {
        var torn = Unfinished();
        torn.Parts[TestImages.Name].Truncate(torn.Parts[TestImages.Name].Length - 7);
        NoDamage(torn);
        var split = Unfinished(split: 30_000);
        var last = PartNames.Of(TestImages.Name, split.Parts.Count);
        split.Delete(last);
        NoDamage(split);

        static void NoDamage(MemoryStore store)
        {
            using var reader = ImageReader.Open(store, TestImages.Name);
            var found = new ImageVerifier(reader).Run(null, default);
            Assert.Equal((false, 0L), (found.IsComplete, found.DamageCount));
        }
    }

    /// <summary>All regions are there, the end is not.</summary>
    private static MemoryStore Unfinished(long? split = null)
    {
        var store = new MemoryStore();
        using var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), Options(split: split));
        TestImages.Fill(writer, Disk);
        return store;
    }

    private static void Resume(MemoryStore store, ImageWriterOptions options)
    {
        using var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
        TestImages.Fill(writer, Disk);
        writer.Complete();
    }
}
