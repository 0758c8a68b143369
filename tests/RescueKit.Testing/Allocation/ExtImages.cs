using System.Globalization;
using System.Text;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Allocation;

/// <summary>Makes ext2/3/4 volumes in files without root (mke2fs -d, debugfs), and asks e2fsprogs about them.</summary>
public static class ExtImages
{
    /// <summary>Same file systems, byte for byte, on each run.</summary>
    private static readonly Dictionary<string, string> Deterministic = new()
    {
        ["E2FSPROGS_FAKE_TIME"] = "1700000000",
        ["MKE2FS_DETERMINISTIC"] = "1",
    };

    private static readonly HashSet<AgingAction> DebugfsCan = [AgingAction.Create, AgingAction.Delete, AgingAction.Truncate];

    /// <summary>A file system with a made tree of files, aged.</summary>
    /// <param name="arguments">For mke2fs: block size, features and the like.</param>
    /// <param name="contentBytes">About as many bytes of files; 0 for an empty file system.</param>
    public static string Make(string path, long length, IReadOnlyList<string> arguments, int seed, long contentBytes, int agingSteps = 60)
    {
        using var work = new TempFolder();
        var tree = work.Folder("tree");
        IReadOnlyList<string> files = contentBytes == 0 ? [] : Corpus.Make(tree, seed, new CorpusOptions
        {
            TotalBytes = contentBytes,
            LargestFile = (int)Math.Min(1 << 20, contentBytes / 4),
        });
        SparseFile.Create(path, length);
        Tool.Must(new ToolRequest("mke2fs",
            ["-q", "-F", "-U", "6f1b0f0e-1111-4222-8333-123456789abc", "-L", "ext-fixture", "-E", "hash_seed=6f1b0f0e-1111-4222-8333-123456789abd",
                .. arguments, .. contentBytes == 0 ? Array.Empty<string>() : ["-d", tree], path])
        { Environment = Deterministic });
        if (contentBytes > 0) Age(path, files, seed + 1, agingSteps, work);
        return path;
    }

    /// <summary>Runs debugfs commands in one go; fails on the first that debugfs complains about.</summary>
    public static void Debugfs(string path, IEnumerable<string> commands)
    {
        using var work = new TempFolder();
        File.WriteAllLines(work.File("commands"), commands);
        var result = Tool.Must(new ToolRequest("debugfs", ["-w", "-f", work.File("commands"), path]) { Environment = Deterministic });
        var complaints = result.Error.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("debugfs 1", StringComparison.Ordinal)).ToList();
        if (complaints.Count > 0) throw new ToolFailedException(result.Everything);
    }

    /// <summary>True where e2fsck finds nothing to correct.</summary>
    public static bool IsConsistent(string path) => Tool.Run("e2fsck", "-fn", path).Ok;

    /// <summary>What dumpe2fs says is free, in bytes of the volume, or null where it refuses the volume.</summary>
    public static ExtSummary? Summary(string path)
    {
        var result = Tool.Run("dumpe2fs", path);
        return result.Ok ? ExtSummary.Parse(result.Output) : null;
    }

    /// <summary>Digests of all files, taken out with debugfs.</summary>
    public static SortedDictionary<string, string> Digests(string path)
    {
        using var work = new TempFolder();
        var folder = work.Folder("out");
        var result = Tool.Must("debugfs", "-R", $"rdump / \"{folder}\"", path);
        return Corpus.Digests(folder);
    }

    /// <summary>A regular file of the root directory that is not empty, and its inode.</summary>
    public static (string Name, long Inode) FirstFile(string path)
    {
        // Lines of /inode/mode/uid/gid/name/size/
        var fields = Tool.Must("debugfs", "-R", "ls -p /", path).Output.Split('\n').Select(line => line.Split('/'))
            .First(line => line.Length > 6 && line[2].StartsWith("100", StringComparison.Ordinal) && line[6] is not "" and not "0");
        return (fields[5], long.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    private static void Age(string path, IReadOnlyList<string> files, int seed, int steps, TempFolder work)
    {
        var commands = new List<string>();
        var number = 0;
        foreach (var step in Ager.Plan(files, seed, steps, DebugfsCan))
        {
            var target = $"\"/{step.Path}\"";
            switch (step.Action)
            {
                case AgingAction.Delete:
                    commands.Add($"rm {target}");
                    break;
                case AgingAction.Create:
                    var content = work.File($"new{number++}");
                    File.WriteAllBytes(content, step.Content());
                    commands.Add($"write \"{content}\" {target}");
                    break;
                case AgingAction.Truncate:
                    commands.Add($"punch {target} {1 + step.Size % 30}");
                    break;
                default:
                    throw new InvalidOperationException($"debugfs cannot {step.Action}");
            }
        }
        Debugfs(path, commands);
    }
}

/// <summary>dumpe2fs's view of a file system.</summary>
/// <param name="Free">Free byte ranges of all groups.</param>
public sealed record ExtSummary(long BlockCount, long FreeBlocks, int BlockSize, ExtentSet Free)
{
    public static ExtSummary Parse(string output)
    {
        var header = new Dictionary<string, string>();
        var free = new ExtentSetBuilder();
        var blockSize = 0;
        var cluster = 1L;
        foreach (var line in output.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            var key = line[..colon];
            if (blockSize == 0 && key == "Block size") blockSize = Number(line[(colon + 1)..]);
            if (key == "Cluster size") cluster = Number(line[(colon + 1)..]) / Math.Max(1, blockSize);
            if (key == "  Free blocks") AddFree(line[(colon + 1)..], blockSize, cluster, free);
            else if (line[0] != ' ') header.TryAdd(key, line[(colon + 1)..].Trim());
        }
        return new ExtSummary(Count(header["Block count"]), Count(header["Free blocks"]), blockSize, free.ToSet());
    }

    // Damaged counts may take all 64 bits.
    private static long Count(string text) => unchecked((long)ulong.Parse(text, CultureInfo.InvariantCulture));

    private static int Number(string text) => int.Parse(text.Trim(), CultureInfo.InvariantCulture);

    private static void AddFree(string list, int blockSize, long cluster, ExtentSetBuilder free)
    {
        foreach (var item in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = item.IndexOf('-', StringComparison.Ordinal);
            var first = long.Parse(dash < 0 ? item : item[..dash]);
            var last = dash < 0 ? first : long.Parse(item[(dash + 1)..]);
            // With bigalloc, dumpe2fs names each cluster by its first block.
            free.Add(first * blockSize, (last + cluster - first) * blockSize);
        }
    }
}
