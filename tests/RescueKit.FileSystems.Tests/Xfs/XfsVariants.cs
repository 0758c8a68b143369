using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Xfs;

/// <summary>The kinds of XFS that are made once for all tests, filled with files. Aged ones are in tests/Fixtures and in the end-to-end tests, which mount.</summary>
public sealed class XfsVariants : IDisposable
{
    private const long Mebi = 1 << 20;
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _made = [];
    private readonly Lock _lock = new();

    private static readonly Dictionary<string, (long Length, string Arguments)> Kinds = new()
    {
        ["v4-512"] = (50 * Mebi, "-m crc=0,finobt=0 -b size=512 -i size=256 -d agcount=3"),
        ["v4-1k"] = (84 * Mebi, "-m crc=0 -b size=1024 -d agcount=5"),
        ["v4-4k"] = (96 * Mebi, "-m crc=0 -b size=4096"),
        ["v4-64k"] = (512 * Mebi, "-m crc=0 -b size=65536 -d agcount=2"),
        ["v4-no-lazy-counts"] = (64 * Mebi, "-m crc=0 -l version=2,lazy-count=0"),
        ["v4-log-v1"] = (64 * Mebi, "-m crc=0 -l version=1"),
        ["v4-finobt-none-attr1"] = (64 * Mebi, "-m crc=0 -i attr=1,projid32bit=0"),
        ["v4-sector-4096"] = (96 * Mebi, "-m crc=0 -s size=4096 -b size=4096"),
        ["v5-1k"] = (64 * Mebi, "-b size=1024 -d agcount=4"),
        ["v5-2k"] = (64 * Mebi, "-b size=2048"),
        ["v5-4k"] = (128 * Mebi, "-b size=4096"),
        ["v5-8k"] = (128 * Mebi, "-b size=8192"),
        ["v5-16k"] = (192 * Mebi, "-b size=16384"),
        ["v5-32k"] = (320 * Mebi, "-b size=32768"),
        ["v5-64k"] = (512 * Mebi, "-b size=65536"),
        ["v5-sector-4096"] = (128 * Mebi, "-s size=4096"),
        ["v5-sector-32768"] = (512 * Mebi, "-s size=32768 -b size=65536"),
        ["v5-no-finobt"] = (64 * Mebi, "-m finobt=0,reflink=0,inobtcount=0,bigtime=0"),
        ["v5-rmapbt"] = (128 * Mebi, "-m rmapbt=1,reflink=1"),
        ["v5-rmapbt-1k"] = (128 * Mebi, "-m rmapbt=1,reflink=1 -b size=1024 -d agcount=7"),
        ["v5-no-sparse"] = (64 * Mebi, "-i sparse=0"),
        ["v5-inode-2048"] = (64 * Mebi, "-i size=2048"),
        ["v5-nrext64"] = (64 * Mebi, "-i nrext64=1"),
        ["v5-stripes"] = (128 * Mebi, "-d su=65536,sw=4 -l su=65536"),
        ["v5-log-sunit-256k"] = (128 * Mebi, "-l su=262144"),
        ["v5-odd-end"] = (77 * Mebi + 12345, "-b size=1024"),
        ["v5-many-groups"] = (272 * Mebi, "-d agsize=16m"),
        ["v5-empty"] = (64 * Mebi, "-b size=4096"),
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
            XfsImages.Make(path, length, arguments.Split(' '), seed: name.Length, contentBytes: name == "v5-empty" ? 0 : Math.Min(5 * Mebi, length / 10));
            return _made[name] = path;
        }
    }

    public string CopyOf(string name, TempFolder folder) => SparseFile.Copy(PathOf(name), folder.File(name));

    public AllocationFixture Fixture(string name) => new(name, () => new FileSource(PathOf(name)));

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class XfsCollection : ICollectionFixture<XfsVariants>
{
    public const string Name = "XFS volumes";
}
