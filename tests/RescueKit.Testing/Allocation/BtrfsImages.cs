using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Allocation;

/// <summary>Makes btrfs volumes in files without root (mkfs.btrfs --rootdir), and asks btrfs-progs about them.</summary>
public static partial class BtrfsImages
{
    private const long Mebi = 1 << 20, CopyBytes = 64 << 10;

    /// <param name="paths">One file for each device.</param>
    /// <param name="arguments">For mkfs.btrfs: profiles, node size, checksums and the like.</param>
    /// <param name="contentBytes">About as many bytes of files; 0 for an empty file system.</param>
    public static void Make(IReadOnlyList<string> paths, long length, IReadOnlyList<string> arguments, int seed, long contentBytes)
    {
        using var work = new TempFolder();
        var tree = work.Folder("tree");
        if (contentBytes > 0) Corpus.Make(tree, seed, new CorpusOptions { TotalBytes = contentBytes, LargestFile = (int)Math.Min(1 << 20, contentBytes / 4) });
        foreach (var path in paths) SparseFile.Create(path, length);
        Tool.Must("mkfs.btrfs", ["-q", "-L", "btrfs-fixture", .. arguments, .. contentBytes == 0 ? Array.Empty<string>() : ["--rootdir", tree], .. paths]);
    }

    /// <summary>
    /// Places of a device in use: the extents that btrfs-progs lists by address, through the chunks that it lists, for the profiles that mirror or do not spread;
    /// with what is never given out.
    /// </summary>
    public static ExtentSet Used(string path, long device = 1)
    {
        var length = new FileInfo(path).Length;
        var used = new ExtentSetBuilder();
        used.Add(0, Mebi);
        foreach (var copy in new[] { 64 * Mebi, 262144 * Mebi }) used.Add(new Extent(copy, CopyBytes).Intersect(new Extent(0, length)));
        used.Add(Extent.FromTo(Number(Dump(path, "dump-super"), @"^dev_item\.total_bytes\s+(\d+)"), length));
        var chunks = Chunks(path);
        var nodeSize = Number(Dump(path, "dump-super"), @"^nodesize\s+(\d+)");
        foreach (Match match in ExtentLine().Matches(Dump(path, "dump-tree", "-t", "extent")))
        {
            var start = long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            var bytes = match.Groups[2].Value == "METADATA_ITEM" ? nodeSize : long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
            var chunk = chunks.Single(chunk => start >= chunk.Start && start < chunk.Start + chunk.Length);
            foreach (var (id, offset) in chunk.Stripes)
            {
                if (id == device) used.Add(offset + start - chunk.Start, bytes);
            }
        }
        return used.ToSet();
    }

    /// <summary>What btrfs check, which changes nothing here, finds wrong in metadata and data; null where it finds nothing.</summary>
    public static string? Complaint(string path)
    {
        var result = Tool.Run("btrfs", "check", "--check-data-csum", path);
        return result.Ok ? null : result.Everything;
    }

    private static List<(long Start, long Length, List<(long Device, long Offset)> Stripes)> Chunks(string path)
    {
        var found = new List<(long, long, List<(long, long)>)>();
        foreach (Match match in ChunkLines().Matches(Dump(path, "dump-tree", "-t", "chunk")))
        {
            var stripes = StripeLine().Matches(match.Groups[3].Value).Select(stripe => (Parse(stripe, 1), Parse(stripe, 2))).ToList();
            found.Add((Parse(match, 1), Parse(match, 2), stripes));
        }
        return found;
    }

    private static string Dump(string path, string what, params string[] arguments) => Tool.Must("btrfs", ["inspect-internal", what, .. arguments, path]).Output;

    private static long Number(string text, string pattern) => Parse(Regex.Match(text, pattern, RegexOptions.Multiline), 1);

    private static long Parse(Match match, int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"key \((\d+) (EXTENT_ITEM|METADATA_ITEM) (\d+)\) itemoff")]
    private static partial Regex ExtentLine();

    [GeneratedRegex(@"CHUNK_ITEM (\d+)\) itemoff[^\n]*\n\s+length (\d+) ((?:(?!item \d).)*)", RegexOptions.Singleline)]
    private static partial Regex ChunkLines();

    [GeneratedRegex(@"stripe \d+ devid (\d+) offset (\d+)")]
    private static partial Regex StripeLine();
}
