using System.Globalization;
using System.Text;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Allocation;

/// <summary>Makes XFS volumes in files without root (mkfs.xfs with a list of files to take in), and asks xfsprogs about them.</summary>
public static class XfsImages
{
    /// <summary>mkfs.xfs refuses volumes below 300 MiB but to its own tests, which set these.</summary>
    public static IReadOnlyDictionary<string, string> AllowSmall { get; } = new Dictionary<string, string>
    {
        ["TEST_DIR"] = "1",
        ["TEST_DEV"] = "1",
        ["QA_CHECK_FS"] = "1",
    };

    /// <param name="arguments">For mkfs.xfs: block size, features and the like.</param>
    /// <param name="contentBytes">About as many bytes of files; 0 for an empty file system.</param>
    public static string Make(string path, long length, IReadOnlyList<string> arguments, int seed, long contentBytes)
    {
        using var work = new TempFolder();
        var list = contentBytes == 0 ? [] : new[] { "-p", Prototype(work, seed, contentBytes) };
        SparseFile.Create(path, length);
        Tool.Must(new ToolRequest("mkfs.xfs", ["-q", "-m", "uuid=6f1b0f0e-1111-4222-8333-123456789abc", "-L", "xfs-fixture", .. arguments, .. list, path])
        { Environment = AllowSmall });
        return path;
    }

    /// <summary>What the tree by place has, asked of xfs_db group by group; null where it refuses the volume.</summary>
    public static ExtentSet? Free(string path)
    {
        var fields = Fields(path, "sb 0", "blocksize", "agblocks", "agcount");
        if (fields is null) return null;
        var (blockSize, groupBlocks) = (fields["blocksize"], fields["agblocks"]);
        var listed = Tool.Run("xfs_db", "-r", "-c", "freesp -d", path);
        if (!listed.Ok || listed.Error.Length > 0) return null;
        var free = new ExtentSetBuilder();
        foreach (var line in listed.Output.Split('\n').Skip(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [var group, var block, var length] || !long.TryParse(group, CultureInfo.InvariantCulture, out var number)) break;
            free.Add((number * groupBlocks + long.Parse(block, CultureInfo.InvariantCulture)) * blockSize, long.Parse(length, CultureInfo.InvariantCulture) * blockSize);
        }
        // It lists the blocks that are set aside for the trees beside the free ones.
        var setAside = new ExtentSetBuilder();
        for (var group = 0L; group < fields["agcount"]; group++)
        {
            foreach (var block in FreeList(path, group)) setAside.Add((group * groupBlocks + block) * blockSize, blockSize);
        }
        return free.ToSet().Except(setAside.ToSet());
    }

    /// <summary>Some numbers of a structure, named as xfs_db does; null where it refuses the volume.</summary>
    public static Dictionary<string, long>? Fields(string path, string structure, params string[] names)
    {
        var result = Tool.Run("xfs_db", "-r", "-c", structure, "-c", $"p {string.Join(' ', names)}", path);
        if (!result.Ok) return null;
        return result.Output.Split('\n').Select(line => line.Split(" = ")).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
    }

    /// <summary>What xfs_repair, which changes nothing here, finds wrong; null where it finds nothing.</summary>
    public static string? Complaint(string path)
    {
        var result = Tool.Run("xfs_repair", "-n", path);
        return result.Ok ? null : result.Everything;
    }

    private static IEnumerable<long> FreeList(string path, long group)
    {
        var header = Fields(path, $"agf {group}", "flfirst", "fllast", "flcount")!;
        if (header["flcount"] == 0) yield break;
        var output = Tool.Must("xfs_db", "-r", "-c", $"agfl {group}", "-c", "p bno", path).Output;
        var entries = new SortedDictionary<long, long>();
        foreach (var entry in output.Split(" = ")[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // "3:17", or "0-5:null".
            var parts = entry.Trim().Split(':');
            if (parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var index) && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var block)) entries[index] = block;
        }
        for (var index = header["flfirst"]; ; index++)
        {
            if (!entries.TryGetValue(index, out var block)) index = 0;
            yield return entries[index];
            if (index == header["fllast"]) yield break;
        }
    }

    /// <summary>The list of files that mkfs.xfs takes, as of mkfs(8) of old: names without blanks, folders closed by a dollar sign.</summary>
    private static string Prototype(TempFolder work, int seed, long contentBytes)
    {
        var random = new Random(seed);
        var text = new StringBuilder("-\n0 0\nd--755 0 0\n");
        var written = 0L;
        for (var i = 0; written < contentBytes; i++)
        {
            if (i % 9 == 4) text.Append(CultureInfo.InvariantCulture, $"folder{i} d--755 0 0\n");
            var content = Corpus.Content(random, (int)Math.Exp(random.NextDouble() * Math.Log(Math.Min(500_000, contentBytes / 3))));
            File.WriteAllBytes(work.File($"{i}"), content);
            text.Append(CultureInfo.InvariantCulture, $"file{i} ---644 0 0 {work.File($"{i}")}\n");
            if (i % 9 == 8) text.Append("$\n");
            if (i % 13 == 5) text.Append(CultureInfo.InvariantCulture, $"link{i} l--777 0 0 file{i}\n");
            written += content.Length;
            if (written >= contentBytes && i % 9 is >= 4 and < 8) text.Append("$\n");
        }
        File.WriteAllText(work.File("prototype"), text.Append("$\n").ToString());
        return work.File("prototype");
    }
}
