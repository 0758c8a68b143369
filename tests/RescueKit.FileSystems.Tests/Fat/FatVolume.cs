using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Fat;

/// <summary>One way to call mkfs.fat.</summary>
public sealed record FatShape(string Name, int Bits, long Length, params string[] Arguments)
{
    public override string ToString() => Name;

    /// <summary>False for FAT32 with fewer clusters than the specification asks for: mtools goes by their number alone and takes it for FAT16.</summary>
    public bool MtoolsCanFill { get; init; } = true;

    /// <summary>All widths, sector sizes, cluster sizes up to 512 KiB, one and two FATs, odd reserved areas, and counts near the limits.</summary>
    public static readonly FatShape[] All =
    [
        new("floppy", 12, 1440 << 10),
        new("fat12-1-fat", 12, 2 << 20, "-s", "1", "-f", "1"),
        new("fat12-4096-sectors", 12, 8 << 20, "-S", "4096", "-r", "128"),
        new("fat12-many-reserved", 12, 8 << 20, "-R", "37", "-a", "-h", "63"),
        new("fat12-largest", 12, (4084 + 1 + 24 + 32) * 512, "-s", "1", "-a", "-r", "512", "-R", "1"),
        new("fat12-256k", 12, 96 << 20, "-S", "4096", "-s", "64"),
        new("fat16-512", 16, 12 << 20, "-s", "1"),
        new("fat16-1024-sectors", 16, 40 << 20, "-S", "1024", "-s", "2", "-r", "1024"),
        new("fat16-odd-reserved", 16, 33 << 20, "-s", "4", "-R", "11", "-h", "2048", "-f", "1"),
        new("fat16-32k", 16, 200 << 20, "-s", "64"),
        new("fat32-512", 32, 40 << 20, "-s", "1"),
        new("fat32-1-fat", 32, 40 << 20, "-s", "1", "-f", "1", "-R", "64", "-b", "12"),
        new("fat32-4k", 32, 300 << 20, "-s", "8", "-h", "2048"),
        new("fat32-2048-sectors", 32, 160 << 20, "-S", "2048", "-s", "1"),
        new("fat32-few-clusters", 32, 20 << 20, "-s", "8") { MtoolsCanFill = false },
        new("fat32-256k", 32, 512 << 20, "-S", "4096", "-s", "64") { MtoolsCanFill = false },
        new("fat32-512k", 32, 512 << 20, "-S", "4096", "-s", "128") { MtoolsCanFill = false },
    ];

    public static FatShape Named(string name) => All.Single(shape => shape.Name == name);
}

/// <summary>A FAT volume in a file: made by mkfs.fat, filled and aged by mtools, judged by fsck.fat. Needs no root.</summary>
internal sealed partial class FatVolume
{
    private static readonly Dictionary<string, string> NoChecks = new() { ["MTOOLS_SKIP_CHECK"] = "1", ["MTOOLSRC"] = "/dev/null" };

    private FatVolume(string path) => Path = path;

    public string Path { get; }

    public static FatVolume Make(TempFolder folder, FatShape shape)
    {
        var path = SparseFile.Create(folder.File(shape.Name + ".img"), shape.Length);
        Tool.Must("mkfs.fat", ["-F", shape.Bits.ToString(CultureInfo.InvariantCulture), "-n", "RESCUE", "-i", "1234abcd", .. shape.Arguments, path]);
        return new FatVolume(path);
    }

    public static FatVolume At(string path) => new(path);

    /// <summary>Copies a tree in and out again; what comes out is what the volume holds.</summary>
    public void CopyIn(string folder)
    {
        var entries = Directory.GetFileSystemEntries(folder);
        if (entries.Length > 0) Mtool("mcopy", ["-s", "-Q", "-o", "-i", Path, .. entries, "::/"]);
    }

    public string CopyOut(string folder)
    {
        Mtool("mcopy", ["-s", "-Q", "-n", "-i", Path, "::/", folder]);
        return folder;
    }

    /// <summary>Deletes, rewrites longer and shorter, renames and removes folders, so that chains come to lie in pieces.</summary>
    public void Age(string folder, IReadOnlyList<string> files, int seed, int largest)
    {
        var random = new Random(seed);
        var left = files.ToList();
        foreach (var step in Ager.Plan(files, seed, 40, largest: largest))
        {
            var local = System.IO.Path.Combine(folder, step.Path);
            switch (step.Action)
            {
                case AgingAction.Delete:
                    Mtool("mdel", ["-i", Path, "::/" + step.Path]);
                    left.Remove(step.Path);
                    break;
                default:
                    Ager.Apply(step, folder);
                    Mtool("mcopy", ["-Q", "-o", "-i", Path, local, "::/" + step.Path]);
                    if (!left.Contains(step.Path)) left.Add(step.Path);
                    break;
            }
        }
        var renamed = left[random.Next(left.Count)];
        Mtool("mren", ["-i", Path, "::/" + renamed, "::/renamed.bin"]);
        Mtool("mmd", ["-i", Path, "::/gone"]);
        Mtool("mcopy", ["-Q", "-i", Path, System.IO.Path.Combine(folder, left.First(file => file != renamed)), "::/gone/copy.bin"]);
        Mtool("mdeltree", ["-i", Path, "::/gone"]);
    }

    /// <summary>fsck.fat's verdict; nothing is changed.</summary>
    public ToolResult Check() => Tool.Run("fsck.fat", "-n", "-v", Path);

    /// <summary>Used and all clusters as fsck.fat counts them in its last line; null where it gave up before.</summary>
    public static (long Used, long All)? Clusters(ToolResult check)
    {
        var match = Summary().Match(check.Output);
        return match.Success ? (Number(match, 1), Number(match, 2)) : null;
    }

    /// <summary>True where fsck.fat gave up over a fault of its own: it follows a directory into a cluster marked bad and calls that an internal error.</summary>
    public static bool Crashed(ToolResult check) => check.Everything.Contains("Internal error", StringComparison.Ordinal);

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static void Mtool(string program, string[] arguments) => Tool.Must(new ToolRequest(program, arguments) { Environment = NoChecks });

    [GeneratedRegex(@"files, (\d+)/(\d+) clusters")]
    private static partial Regex Summary();
}
