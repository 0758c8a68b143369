using System.Text.RegularExpressions;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>File systems that are filled and aged through a mount: ext, XFS and btrfs by the kernel, NTFS and exFAT by their FUSE drivers.</summary>
/// <param name="format">mkfs and its arguments before the file.</param>
/// <param name="mount">See <see cref="MatrixMount"/>.</param>
/// <param name="freeBytes">Asks the file system's own tools.</param>
/// <param name="checker">The checker and its arguments before the file.</param>
internal sealed class MatrixMountedVolume(
    string name, int mebibytes, string[] format, string[] mount, Func<string, long> freeBytes, string[][] checker, CorpusOptions corpus,
    IReadOnlySet<AgingAction>? aging = null) : MatrixVolume(name)
{
    private const int AgingSteps = 300;

    public static MatrixVolume Ext(string name, int mebibytes, params string[] options) => new MatrixMountedVolume(
        name, mebibytes, ["mke2fs", "-q", "-F", .. options], ["mount"],
        Counted(["dumpe2fs", "-h"], @"^Free blocks:\s+(\d+)", @"^Block size:\s+(\d+)"), [["e2fsck", "-fn"]],
        new CorpusOptions { TotalBytes = 20 << 20 });

    public static MatrixVolume Xfs(string name, int mebibytes, params string[] options) => new MatrixMountedVolume(
        name, mebibytes, ["env", .. XfsImages.AllowSmall.Select(pair => $"{pair.Key}={pair.Value}"), "mkfs.xfs", "-q", .. options], ["mount", "-t", "xfs"],
        volume => XfsImages.Free(volume)!.TotalLength, [["xfs_repair", "-n"]],
        new CorpusOptions { TotalBytes = 20 << 20 }, Ager.Everything);

    public static MatrixVolume Btrfs(string name, int mebibytes, string mountOptions, params string[] options) => new MatrixMountedVolume(
        name, mebibytes, ["mkfs.btrfs", "-q", .. options], ["mount", "-t", "btrfs", "-o", mountOptions],
        volume => new FileInfo(volume).Length - BtrfsImages.Used(volume).TotalLength, [["btrfs", "check", "--check-data-csum"]],
        new CorpusOptions { TotalBytes = 20 << 20 }, Ager.Everything);

    public static MatrixVolume Ntfs(int cluster, int mebibytes, int sectorSize = 512) => new MatrixMountedVolume(
        $"NTFS, clusters of {cluster}", mebibytes, ["mkntfs", "-q", "-F", "-f", "-s", $"{sectorSize}", "-p", "2048", "-c", $"{cluster}"], ["ntfs-3g"],
        Counted(["ntfscluster", "-i"], @"^clusters of free space\s*:\s*(\d+)", @"^bytes per cluster\s*:\s*(\d+)"), [["ntfsfix", "-n"], ["ntfsinfo", "-m"]],
        new CorpusOptions { TotalBytes = 20 << 20 });

    public static MatrixVolume ExFat(string cluster, int mebibytes, int sectorSize = 512) => new MatrixMountedVolume(
        $"exFAT, clusters of {cluster}", mebibytes, MakeExFat(cluster, sectorSize), ["mount.exfat-fuse"],
        Counted(["dump.exfat"], @"^Free Clusters:\s+(\d+)", @"^Cluster size:\s+(\d+)"), [["fsck.exfat", "-n"]],
        new CorpusOptions { TotalBytes = 20 << 20, SymbolicLinks = false, HardLinks = false });

    public override void Make(string volume, string scratch, int seed)
    {
        SparseFile.Create(volume, (long)mebibytes << 20);
        Tool.Must(format[0], [.. format.Skip(1), volume]);
        using var mounted = new MatrixMount(volume, scratch, mount);
        var files = Corpus.Make(mounted.Folder, seed, corpus);
        foreach (var step in Ager.Plan(files, seed, AgingSteps, aging)) Ager.Apply(step, mounted.Folder);
    }

    public override long UsedBytes(string volume) => new FileInfo(volume).Length - freeBytes(volume);

    public override void Check(string volume)
    {
        foreach (var command in checker) Tool.Must(command[0], [.. command.Skip(1), volume]);
    }

    public override SortedDictionary<string, string> Digests(string volume, string scratch)
    {
        using var mounted = new MatrixMount(volume, scratch, [.. mount, "-o", "ro"]);
        return Corpus.Digests(mounted.Folder);
    }

    /// <summary>mkfs.exfat takes the sector size from the device; a file's is 512.</summary>
    private static string[] MakeExFat(string cluster, int sectorSize) => sectorSize == 512 ? ["mkfs.exfat", "-c", cluster] :
    [
        "sh", "-c",
        $"loop=$(losetup --find --show --sector-size {sectorSize} \"$0\") && mkfs.exfat -c {cluster} $loop; ended=$?; losetup --detach $loop; exit $ended",
    ];

    /// <param name="command">The tool that tells free space and its arguments before the file.</param>
    /// <param name="freePattern">Finds the number of free units in its output.</param>
    /// <param name="unitPattern">Finds the bytes per unit in its output.</param>
    private static Func<string, long> Counted(string[] command, string freePattern, string unitPattern) => volume =>
    {
        var said = Tool.Must(command[0], [.. command.Skip(1), volume]).Output;
        return Number(said, freePattern) * Number(said, unitPattern);
    };

    private static long Number(string text, string pattern)
    {
        var match = Regex.Match(text, pattern, RegexOptions.Multiline);
        return match.Success ? long.Parse(match.Groups[1].Value) : throw new InvalidDataException($"no '{pattern}' in:\n{text}");
    }
}
