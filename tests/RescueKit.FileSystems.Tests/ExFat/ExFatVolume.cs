using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.ExFat;

/// <summary>One way to call mkfs.exfat.</summary>
public sealed record ExFatShape(string Name, long Length, params string[] Arguments)
{
    public override string ToString() => Name;

    public static readonly ExFatShape[] All =
    [
        new("default-small", 8 << 20),
        new("default-medium", 300 << 20),
        new("default-large", 40L << 30),
        new("clusters-512", 16 << 20, "-c", "512"),
        new("clusters-4k", 64 << 20, "-c", "4K"),
        new("clusters-64k", 100 << 20, "-c", "64K"),
        new("clusters-1m", 300 << 20, "-c", "1M"),
        new("clusters-32m", 2L << 30, "-c", "32M"),
        new("aligned-16k", 33 << 20, "-b", "16K", "-c", "8K"),
        new("packed-bitmap", 300 << 20, "--pack-bitmap"),
        new("odd-length", (64 << 20) + 512 * 7),
    ];

    public static ExFatShape Named(string name) => All.Single(shape => shape.Name == name);
}

/// <summary>An exFAT volume in a file: made by mkfs.exfat, judged by fsck.exfat and dump.exfat. Needs no root.</summary>
internal sealed partial class ExFatVolume
{
    private ExFatVolume(string path) => Path = path;

    public string Path { get; }

    public static ExFatVolume Make(TempFolder folder, ExFatShape shape)
    {
        var path = SparseFile.Create(folder.File(shape.Name + ".img"), shape.Length);
        Tool.Must("mkfs.exfat", ["-L", "Rettung", .. shape.Arguments, path]);
        Tool.Must("tune.exfat", "-I", "0x1234abcd", path);
        return new ExFatVolume(path);
    }

    public static ExFatVolume At(string path) => new(path);

    /// <summary>fsck.exfat's verdict; nothing is changed.</summary>
    public ToolResult Check() => Tool.Run("fsck.exfat", "-n", Path);

    /// <summary>True where fsck.exfat got as far as the files, whatever it found wrong with them.</summary>
    public static bool Reads(ToolResult check) => FileCount().IsMatch(check.Output);

    /// <summary>Used clusters, all clusters and the cluster size by dump.exfat.</summary>
    public (long Used, long All, int ClusterSize) Clusters()
    {
        var output = Tool.Must("dump.exfat", Path).Output;
        var all = Number(TotalClusters().Match(output));
        return (all - Number(FreeClusters().Match(output)), all, (int)Number(ClusterSize().Match(output)));
    }

    private static long Number(Match match) => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"directories \d+, files \d+")]
    private static partial Regex FileCount();

    [GeneratedRegex(@"Total Clusters:\s+(\d+)")]
    private static partial Regex TotalClusters();

    [GeneratedRegex(@"Free Clusters:\s+(\d+)")]
    private static partial Regex FreeClusters();

    [GeneratedRegex(@"Cluster size:\s+(\d+)")]
    private static partial Regex ClusterSize();
}
