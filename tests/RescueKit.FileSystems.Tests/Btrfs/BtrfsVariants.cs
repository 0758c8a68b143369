using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Btrfs;

/// <summary>The kinds of btrfs that are made once for all tests, filled with files. Aged ones are in the end-to-end tests, which mount.</summary>
public sealed class BtrfsVariants : IDisposable
{
    private const long Mebi = 1 << 20;
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _made = [];
    private readonly Lock _lock = new();

    private static readonly Dictionary<string, (long Length, string Arguments)> Kinds = new()
    {
        ["single"] = (160 * Mebi, "-m single -d single"),
        ["dup"] = (160 * Mebi, "-m dup -d single"),
        ["dup-data"] = (256 * Mebi, "-m dup -d dup"),
        ["mixed"] = (64 * Mebi, "-M -n 4096"),
        ["mixed-dup"] = (320 * Mebi, "-M -n 4096 -m dup -d dup"),
        ["node-4k"] = (160 * Mebi, "-n 4096"),
        ["node-64k"] = (160 * Mebi, "-n 65536"),
        ["space-cache-v1"] = (160 * Mebi, "-R ^free-space-tree"),
        ["old-features"] = (160 * Mebi, "-O ^skinny-metadata,^no-holes,^extref -R ^free-space-tree"),
        ["xxhash"] = (160 * Mebi, "--csum xxhash"),
        ["sha256"] = (160 * Mebi, "--csum sha256"),
        ["quota"] = (160 * Mebi, "-R quota"),
        ["sector-64k"] = (256 * Mebi, "-s 65536 -n 65536"),
        ["odd-end"] = (160 * Mebi + 12345, "-m dup"),
        ["empty"] = (160 * Mebi, "-m dup"),
    };

    public static IEnumerable<string> Names => Kinds.Keys;

    /// <summary>Path of the image, made on first use. Treat it as read-only.</summary>
    public string PathOf(string name)
    {
        lock (_lock)
        {
            if (_made.TryGetValue(name, out var path)) return path;
            var (length, arguments) = Kinds[name];
            path = _folder.File(name);
            BtrfsImages.Make([path], length, arguments.Split(' '), seed: name.Length, contentBytes: name == "empty" ? 0 : Math.Min(5 * Mebi, length / 12));
            return _made[name] = path;
        }
    }

    public AllocationFixture Fixture(string name) => new(name, () => new FileSource(PathOf(name)));

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class BtrfsCollection : ICollectionFixture<BtrfsVariants>
{
    public const string Name = "btrfs volumes";
}
