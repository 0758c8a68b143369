using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>
/// FAT12, FAT16 and FAT32 by mtools, which need no driver: a folder is aged, and each change carried over to the volume by deleting
/// the file there and writing it anew.
/// </summary>
internal sealed class MatrixFatVolume(int bits, int mebibytes, params string[] options) : MatrixVolume($"FAT{bits} {string.Join(' ', options)}")
{
    private const int AgingSteps = 150;
    private static readonly CorpusOptions Files = new()
    {
        TotalBytes = 3 << 20,
        LargestFile = 300_000,
        SymbolicLinks = false,
        HardLinks = false,
        OddNames = false,
    };

    public override void Make(string volume, string scratch, int seed)
    {
        SparseFile.Create(volume, (long)mebibytes << 20);
        Tool.Must("mkfs.fat", ["-F", $"{bits}", .. options, volume]);
        var files = Corpus.Make(scratch, seed, Files);
        foreach (var entry in Directory.EnumerateFileSystemEntries(scratch)) MTool("mcopy", volume, "-s", entry, "::/");
        foreach (var step in Ager.Plan(files, seed, AgingSteps))
        {
            if (step.Action != AgingAction.Create) MTool("mdel", volume, $"::/{step.Path}");
            Ager.Apply(step, scratch);
            if (step.Action != AgingAction.Delete) MTool("mcopy", volume, Path.Combine(scratch, step.Path), $"::/{step.Path}");
        }
    }

    public override long UsedBytes(string volume)
    {
        var said = Tool.Must("fsck.fat", "-n", "-v", volume).Output;
        var clusterSize = long.Parse(Regex.Match(said, @"(\d+) bytes per cluster").Groups[1].Value);
        var clusters = Regex.Match(said, @"files, (\d+)/(\d+) clusters");
        return new FileInfo(volume).Length - (long.Parse(clusters.Groups[2].Value) - long.Parse(clusters.Groups[1].Value)) * clusterSize;
    }

    public override void Check(string volume) => Tool.Must("fsck.fat", "-n", volume);

    public override SortedDictionary<string, string> Digests(string volume, string scratch)
    {
        MTool("mcopy", volume, "-s", "-n", "::/*", scratch);
        return Corpus.Digests(scratch);
    }

    private static void MTool(string program, string volume, params string[] arguments) =>
        Tool.Must(new ToolRequest(program, ["-i", volume, .. arguments])
        {
            Environment = new Dictionary<string, string> { ["MTOOLS_SKIP_CHECK"] = "1" },
        });
}
