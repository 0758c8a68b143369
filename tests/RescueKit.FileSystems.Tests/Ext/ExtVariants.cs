using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>The kinds of ext file systems that are made once for all tests, filled with files and aged.</summary>
public sealed class ExtVariants : IDisposable
{
    private const long Mebi = 1 << 20;
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _made = [];
    private readonly Lock _lock = new();

    private static readonly Dictionary<string, (long Length, string Arguments)> Kinds = new()
    {
        ["ext2-1k"] = (20 * Mebi, "-t ext2 -b 1024"),
        ["ext2-revision-0"] = (12 * Mebi, "-t ext2 -b 1024 -r 0"),
        ["ext2-no-sparse-super"] = (40 * Mebi, "-t ext2 -b 1024 -O ^sparse_super,^resize_inode"),
        ["ext3-1k"] = (40 * Mebi, "-t ext3 -b 1024"),
        ["ext3-4k"] = (160 * Mebi, "-t ext3 -b 4096"),
        ["ext4-1k"] = (64 * Mebi, "-t ext4 -b 1024"),
        ["ext4-2k"] = (64 * Mebi, "-t ext4 -b 2048"),
        ["ext4-4k"] = (160 * Mebi, "-t ext4 -b 4096"),
        ["ext4-16k"] = (96 * Mebi, "-t ext4 -b 16384"),
        ["ext4-64k"] = (160 * Mebi, "-t ext4 -b 65536"),
        ["ext4-no-journal"] = (64 * Mebi, "-t ext4 -b 4096 -O ^has_journal"),
        ["ext4-32bit"] = (64 * Mebi, "-t ext4 -b 1024 -O ^64bit"),
        ["ext4-wide-descriptors"] = (64 * Mebi, "-t ext4 -b 1024 -E desc_size=128"),
        ["ext4-uninit_bg"] = (128 * Mebi, "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg"),
        ["ext4-uninit_bg-32bit"] = (128 * Mebi, "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg,^64bit"),
        ["ext4-no-checksums"] = (64 * Mebi, "-t ext4 -b 1024 -O ^metadata_csum"),
        ["ext4-lazy"] = (128 * Mebi, "-t ext4 -b 1024 -E lazy_itable_init=1,lazy_journal_init=1"),
        ["ext4-no-flex_bg"] = (96 * Mebi, "-t ext4 -b 1024 -O ^flex_bg"),
        ["ext4-no-flex_bg-uninit_bg"] = (96 * Mebi, "-t ext4 -b 1024 -O ^flex_bg,^metadata_csum,uninit_bg"),
        ["ext4-large-flex"] = (128 * Mebi, "-t ext4 -b 1024 -G 256"),
        ["ext4-meta_bg"] = (300 * Mebi, "-t ext4 -b 1024 -O meta_bg,^resize_inode"),
        ["ext4-meta_bg-no-flex_bg"] = (300 * Mebi, "-t ext4 -b 1024 -O meta_bg,^resize_inode,^flex_bg"),
        ["ext4-meta_bg-sparse_super2"] = (300 * Mebi, "-t ext4 -b 1024 -O meta_bg,^resize_inode,sparse_super2"),
        ["ext4-sparse_super2"] = (128 * Mebi, "-t ext4 -b 1024 -O sparse_super2"),
        ["ext4-sparse_super2-one-backup"] = (128 * Mebi, "-t ext4 -b 1024 -O sparse_super2 -E num_backup_sb=1"),
        ["ext4-no-sparse_super"] = (128 * Mebi, "-t ext4 -b 1024 -O ^sparse_super,^resize_inode"),
        ["ext4-bigalloc-1k"] = (128 * Mebi, "-t ext4 -b 1024 -O bigalloc -C 8192"),
        ["ext4-bigalloc-4k"] = (200 * Mebi, "-t ext4 -b 4096 -O bigalloc -C 65536"),
        ["ext4-small-groups"] = (48 * Mebi, "-t ext4 -b 1024 -g 1024"),
        ["ext4-odd-end"] = (77 * Mebi + 12345, "-t ext4 -b 1024"),
        ["ext4-new-features"] = (64 * Mebi,
            "-t ext4 -b 1024 -O inline_data,large_dir,ea_inode,encrypt,casefold,verity,quota,project,metadata_csum_seed,stable_inodes,orphan_file -I 512"),
        ["ext4-fast_commit"] = (64 * Mebi, "-t ext4 -b 1024 -O fast_commit"),
        ["ext4-mmp"] = (64 * Mebi, "-t ext4 -b 1024 -O mmp"),
        ["ext4-empty"] = (64 * Mebi, "-t ext4 -b 1024"),
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
            // Tools that write to a file system with mmp wait for half a minute: it stays as made.
            ExtImages.Make(path, length, arguments.Split(' '), seed: name.Length, contentBytes: name is "ext4-empty" or "ext4-mmp" ? 0 : Math.Min(5 * Mebi, length / 6));
            // debugfs does not keep quotas up to date; e2fsck does.
            if (arguments.Contains("quota", StringComparison.Ordinal)) Tool.Must(new ToolRequest("e2fsck", ["-fy", path]) { GoodExitCodes = [0, 1] });
            return _made[name] = path;
        }
    }

    /// <summary>A copy of an image to change.</summary>
    public string CopyOf(string name, TempFolder folder) => SparseFile.Copy(PathOf(name), folder.File(name));

    public AllocationFixture Fixture(string name) => new(name, () => new FileSource(PathOf(name)));

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class ExtCollection : ICollectionFixture<ExtVariants>
{
    public const string Name = "ext volumes";
}
