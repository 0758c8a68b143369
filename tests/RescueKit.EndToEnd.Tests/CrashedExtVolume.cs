using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>An ext4 as a machine leaves it that lost power while it wrote: its journal needs replay.</summary>
internal sealed class CrashedExtVolume(int mebibytes) : FilledVolume("ext4 with a journal to replay")
{
    private const int AgingSteps = 100;

    public override void Make(string volume, string scratch, int seed)
    {
        var living = SparseFile.Create(volume + ".living", (long)mebibytes << 20);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-J", "size=4", living);
        // The commit interval is long, so that nothing but what this does reaches the disk.
        using (var mounted = new MatrixMount(living, scratch, ["mount", "-o", "commit=3600"]))
        {
            var files = Corpus.Make(mounted.Folder, seed, new CorpusOptions { TotalBytes = 20 << 20 });
            Tool.Must("sync", "-f", mounted.Folder);
            foreach (var step in Ager.Plan(files, seed, AgingSteps)) Ager.Apply(step, mounted.Folder);
            var last = Path.Combine(mounted.Folder, "last");
            File.WriteAllBytes(last, Corpus.Content(new Random(seed), 5000));
            Tool.Must("sync", last);
            CopyOfOneMoment(living, volume);
        }
        File.Delete(living);
        if (!Tool.Must("dumpe2fs", "-h", volume).Output.Contains("needs_recovery", StringComparison.Ordinal)) throw new InvalidDataException("there is no journal to replay");
    }

    /// <summary>Only what a replay gives is sound.</summary>
    public override void Check(string volume) => Replayed(volume);

    public override SortedDictionary<string, string> Digests(string volume, string scratch)
    {
        using var mounted = new MatrixMount(Replayed(volume), scratch, ["mount", "-o", "ro"]);
        return Corpus.Digests(mounted.Folder);
    }

    private static string Replayed(string volume)
    {
        var copy = SparseFile.Copy(volume, volume + ".replayed");
        Tool.Must(new ToolRequest("e2fsck", ["-p", copy]) { GoodExitCodes = [0, 1] });
        Tool.Must("e2fsck", "-fn", copy);
        return copy;
    }

    /// <summary>Copied until two copies in a row are the same.</summary>
    private static void CopyOfOneMoment(string living, string copy)
    {
        for (var last = ""; ;)
        {
            SparseFile.Copy(living, copy);
            var digest = MatrixDisk.Digest(copy);
            if (digest == last) return;
            last = digest;
        }
    }
}
