using System.Security.Cryptography;
using System.Text;

namespace RescueKit.Testing.Tools;

/// <summary>What a made tree of files may hold; narrower file systems switch parts off.</summary>
public sealed record CorpusOptions
{
    /// <summary>Bytes of content, about.</summary>
    public long TotalBytes { get; init; } = 4 << 20;
    public int LargestFile { get; init; } = 1 << 20;
    public bool SymbolicLinks { get; init; } = true;
    public bool HardLinks { get; init; } = true;
    public bool SparseFiles { get; init; } = true;

    /// <summary>Names beyond ASCII, and long ones.</summary>
    public bool OddNames { get; init; } = true;
}

/// <summary>Deterministic trees of files with content as mixed as on real disks: text, random bytes, zeros, repeats, nothing at all.</summary>
public static class Corpus
{
    private static readonly string[] Words = ["disk", "image", "sector", "cylinder", "head", "track", "boot", "the", "of", "rescue", "kit", "\n"];

    /// <summary>Fills <paramref name="folder"/>; returns the paths of the regular files, relative to it, with '/'.</summary>
    public static IReadOnlyList<string> Make(string folder, int seed, CorpusOptions? options = null)
    {
        options ??= new CorpusOptions();
        var random = new Random(seed);
        var folders = new List<string> { "" };
        var files = new List<string>();
        for (long written = 0, index = 0; written < options.TotalBytes; index++)
        {
            if (index % 7 == 3) folders.Add(AddFolder(folder, folders[random.Next(folders.Count)], index, options));
            var path = Join(folders[random.Next(folders.Count)], Name(index, options, ".bin"));
            var full = Path.Combine(folder, path);
            var size = Size(random, options);
            if (options.SparseFiles && index % 11 == 5) WriteSparse(full, random, size);
            else File.WriteAllBytes(full, Content(random, size));
            files.Add(path);
            written += size + 256;
            if (options.SymbolicLinks && index % 13 == 4) File.CreateSymbolicLink(full + ".symlink", Path.GetFileName(full));
            if (options.HardLinks && index % 17 == 6) Tool.Must("ln", full, full + ".hardlink");
        }
        return files;
    }

    /// <summary>One file's worth of bytes.</summary>
    public static byte[] Content(Random random, int size)
    {
        var bytes = new byte[size];
        switch (random.Next(4))
        {
            case 0:
                random.NextBytes(bytes);
                break;
            case 1:
                var text = new StringBuilder(size + 16);
                while (text.Length < size) text.Append(Words[random.Next(Words.Length)]).Append(' ');
                Encoding.ASCII.GetBytes(text.ToString(0, size), bytes);
                break;
            case 2:
                var pattern = new byte[4096];
                random.NextBytes(pattern);
                for (var i = 0; i < size; i++) bytes[i] = pattern[i % pattern.Length];
                break;
            default:
                random.NextBytes(bytes.AsSpan(0, size / 2));
                break;
        }
        return bytes;
    }

    /// <summary>SHA-256 of every regular file below, links by their target; keys are relative paths.</summary>
    public static SortedDictionary<string, string> Digests(string folder)
    {
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var key = Path.GetRelativePath(folder, entry.FullName);
            if (entry.LinkTarget is { } target)
            {
                digests[key] = "-> " + target;
            }
            else if (entry is FileInfo)
            {
                using var stream = File.OpenRead(entry.FullName);
                digests[key] = Convert.ToHexString(SHA256.HashData(stream));
            }
            else
            {
                digests[key] = "folder";
            }
        }
        return digests;
    }

    private static string AddFolder(string root, string parent, long index, CorpusOptions options)
    {
        var path = Join(parent, Name(index, options, ".d"));
        Directory.CreateDirectory(Path.Combine(root, path));
        return path;
    }

    private static string Name(long index, CorpusOptions options, string suffix) => (options.OddNames ? index % 9 : 0) switch
    {
        2 => $"größe-αβγ-{index}{suffix}",
        5 => $"long-{new string('n', 60)}-{index}{suffix}",
        _ => $"file{index}{suffix}",
    };

    private static string Join(string folder, string name) => folder.Length == 0 ? name : folder + "/" + name;

    private static int Size(Random random, CorpusOptions options)
    {
        if (random.Next(12) == 0) return random.Next(3) * 30;
        var size = Math.Exp(random.NextDouble() * Math.Log(options.LargestFile));
        return (int)Math.Min(options.LargestFile, size);
    }

    private static void WriteSparse(string path, Random random, int size)
    {
        using var file = File.Create(path);
        file.SetLength(size + 100_000L);
        file.Position = size / 2 + 70_000;
        file.Write(Content(random, size / 8));
    }
}
