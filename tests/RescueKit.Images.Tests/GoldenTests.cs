using RescueKit.Images.Codecs;
using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>
/// The images in tests/Fixtures/images freeze the format: today's reader reads them, and today's writer, given the same randomness,
/// writes them again byte for byte. RESCUEKIT_WRITE_GOLDEN=1 makes those that do not exist yet; existing ones are never rewritten.
/// </summary>
public class GoldenTests
{
    private static readonly TestDisk Disk = TestDisk.Mixed(77, 24);

    private static string Folder
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RescueKit.sln"))) folder = folder.Parent;
            return Path.Combine(folder!.FullName, "tests", "Fixtures", "images");
        }
    }

    private static ImageWriterOptions OptionsOf(string name) => name switch
    {
        "none" => TestImages.Options(CodecKind.None, seed: 100),
        "lz4" => TestImages.Options(CodecKind.Lz4, seed: 101),
        "zstd" => TestImages.Options(CodecKind.Zstd, seed: 102),
        "encrypted" => TestImages.Options(CodecKind.None, encrypted: true, seed: 103),
        "split" => TestImages.Options(CodecKind.None, splitBytes: 24_000, seed: 104),
        "encrypted-split-lz4" => TestImages.Options(CodecKind.Lz4, encrypted: true, splitBytes: 24_000, seed: 105),
        "interrupted" => TestImages.Options(CodecKind.None, seed: 106),
        "parent" => TestImages.Options(CodecKind.None, seed: 107) with
        {
            Parent = new ParentLink(new Guid("00112233-4455-6677-8899-aabbccddeeff"), ChunkDigest.Of("parent"u8)),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    public static TheoryData<string> Names => ["none", "lz4", "zstd", "encrypted", "split", "encrypted-split-lz4", "parent", "interrupted"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_golden_image_reads_as_it_was_written(string name)
    {
        var store = Load(name);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        var verification = new ImageVerifier(reader).Run(null, default);
        if (name == "interrupted")
        {
            Assert.False(reader.IsComplete);
            Assert.All(verification.Damage, damage => Assert.Null(damage.Disk));
            Assert.True(verification.PendingChunks > 0);
            return;
        }
        Assert.True(verification.IsSound, string.Join("; ", verification.Damage.Select(d => d.Message).Concat(verification.Repairs)));
        TestImages.AssertHolds(reader, Disk);
        var readme = File.ReadAllText(Path.Combine(Folder, "README.md"));
        Assert.Contains($"| `{name}.rki` | {reader.RootDigest} |", readme, StringComparison.Ordinal);
        if (name == "parent") Assert.Equal(OptionsOf(name).Parent, reader.Parent);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Todays_writer_writes_it_again_byte_for_byte(string name)
    {
        var made = Make(name);
        var golden = Load(name);
        Assert.Equal(golden.Parts.Keys.Order(StringComparer.Ordinal), made.Parts.Keys.Order(StringComparer.Ordinal));
        // What a codec's library makes of a chunk is its own affair, from version to version.
        if (OptionsOf(name).Codec != CodecKind.None) return;
        foreach (var (part, bytes) in made.Parts) Assert.True(bytes.Span.SequenceEqual(golden.Parts[part].Span), part);
    }

    private static MemoryStore Make(string name)
    {
        if (name != "interrupted") return TestImages.Create(Disk, OptionsOf(name)).Store;
        var store = new MemoryStore();
        using var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), OptionsOf(name));
        TestImages.Fill(writer, Disk);
        // The last page is lost, and the frame before it torn.
        store.Parts[TestImages.Name].Truncate(Frames.Of(store)[^1].Offset - 20);
        return store;
    }

    private static MemoryStore Load(string name)
    {
        var file = Path.Combine(Folder, name + ".rki");
        if (!File.Exists(file) && Environment.GetEnvironmentVariable("RESCUEKIT_WRITE_GOLDEN") == "1") Save(name);
        var store = new MemoryStore();
        foreach (var part in Directory.GetFiles(Folder, name + ".rki*"))
            store.Parts[TestImages.Name + Path.GetFileName(part)[(name.Length + 4)..]] = new MemoryPart(File.ReadAllBytes(part));
        return store;
    }

    private static void Save(string name)
    {
        Directory.CreateDirectory(Folder);
        var store = Make(name);
        foreach (var (part, bytes) in store.Parts)
            File.WriteAllBytes(Path.Combine(Folder, name + ".rki" + part[TestImages.Name.Length..]), bytes.ToArray());
        if (name == "interrupted") return;
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        File.AppendAllText(Path.Combine(Folder, "README.new"), $"| `{name}.rki` | {reader.RootDigest} |\n");
    }
}
