using System.Security.Cryptography;
using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>An NTFS volume in a file, made, filled and questioned with the tools of ntfs-3g; none of it needs root.</summary>
public sealed partial class NtfsImage
{
    private NtfsImage(string path) => Path = path;

    public string Path { get; }

    public static NtfsImage Make(string path, long length, params string[] options)
    {
        SparseFile.Create(path, length);
        // -F: a file is no block device; -Q: no zeroing of the data area.
        Tool.Must("mkntfs", ["-F", "-Q", "-q", "-p", "2048", "-H", "255", "-S", "63", .. options, path]);
        return new NtfsImage(path);
    }

    public NtfsImage CopyTo(string path) => new(SparseFile.Copy(Path, path));

    /// <summary>Puts a file into the root directory, replacing one of the same name.</summary>
    public void Put(string name, byte[] content)
    {
        var source = System.IO.Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(source, content);
            Tool.Must("ntfscp", "-q", "-f", Path, source, name);
        }
        finally
        {
            File.Delete(source);
        }
    }

    /// <summary>Fills the root directory with files and ages them by rewriting many in other sizes, which fragments the free space.</summary>
    /// <returns>The names.</returns>
    public IReadOnlyList<string> Fill(int seed, int files, int largest)
    {
        var random = new Random(seed);
        var names = Enumerable.Range(0, files).Select(i => $"file-{i}-{(i % 5 == 0 ? "größe" : "plain")}.bin").ToList();
        foreach (var name in names) Put(name, Corpus.Content(random, random.Next(largest)));
        for (var i = 0; i < files; i++) Put(names[random.Next(files)], Corpus.Content(random, random.Next(largest)));
        return names;
    }

    public string DigestOf(string name)
    {
        var copy = System.IO.Path.GetTempFileName();
        try
        {
            // Through the shell, as the content is binary.
            Tool.Must("sh", "-c", "ntfscat -f \"$1\" \"$2\" > \"$3\"", "sh", Path, name, copy);
            using var stream = File.OpenRead(copy);
            return Convert.ToHexString(SHA256.HashData(stream));
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <summary>Clusters in use and in total, as ntfsinfo counts them.</summary>
    public (long Used, long Total) CountedByNtfsInfo()
    {
        var report = Tool.Must("ntfsinfo", "-m", Path).Output;
        var total = long.Parse(TotalClusters().Match(report).Groups[1].Value);
        return (total - long.Parse(FreeClusters().Match(report).Groups[1].Value), total);
    }

    /// <summary>Fails where the file system tools find anything wrong; ntfsresize holds the bitmap against every file's run list.</summary>
    public void Check()
    {
        // ntfsfix cannot write sectors of 256 bytes and finds fault with them as mkntfs makes them.
        using (var file = File.OpenRead(Path))
        {
            file.Position = 0x0B;
            if (file.ReadByte() == 0 && file.ReadByte() > 1) Tool.Must("ntfsfix", "-n", Path);
        }
        // A bitmap spread over records is more than ntfsresize can resize; it says so after the check that counts here has passed.
        var check = Tool.Run("ntfsresize", "--info", "--force", "--no-progress-bar", Path);
        Assert.True(check.Ok || check.Everything.Contains("Highly fragmented $Bitmap", StringComparison.Ordinal), check.Everything);
    }

    [GeneratedRegex(@"Volume Size in Clusters: (\d+)")]
    private static partial Regex TotalClusters();

    [GeneratedRegex(@"Free Clusters: (\d+)")]
    private static partial Regex FreeClusters();
}
