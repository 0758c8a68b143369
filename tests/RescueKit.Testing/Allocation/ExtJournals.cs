using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Allocation;

/// <summary>
/// Builds ext volumes with a journal to replay, without root: the difference between two states of a file system becomes a transaction
/// of the first, by debugfs's journal commands.
/// </summary>
public static class ExtJournals
{
    /// <summary>Block numbers at which two volumes of the same length differ; the superblock's own block is left out.</summary>
    public static IReadOnlyList<long> Differences(string before, string after, int blockSize)
    {
        var changed = new List<long>();
        using var a = File.OpenRead(before);
        using var b = File.OpenRead(after);
        byte[] left = new byte[blockSize], right = new byte[blockSize];
        for (var block = 0L; (block + 1) * blockSize <= a.Length; block++)
        {
            a.ReadExactly(left);
            b.ReadExactly(right);
            if (block != 1024 / blockSize && !left.AsSpan().SequenceEqual(right)) changed.Add(block);
        }
        return changed;
    }

    /// <summary>Appends a transaction to the journal of <paramref name="path"/> that turns <paramref name="blocks"/> into what <paramref name="after"/> has.</summary>
    /// <param name="checksums">0 for none, or the version of the journal's checksums: 2 or 3.</param>
    /// <param name="commit">False leaves the transaction without its commit block, as a crash in the middle does.</param>
    public static void AddTransaction(
        string path, string after, IReadOnlyList<long> blocks, int blockSize, int checksums = 0, bool commit = true, IReadOnlyList<long>? revoked = null)
    {
        using var folder = new TempFolder();
        var content = folder.File("content");
        using (var from = File.OpenRead(after))
        using (var to = File.Create(content))
        {
            var buffer = new byte[blockSize];
            foreach (var block in blocks)
            {
                from.Position = block * blockSize;
                from.ReadExactly(buffer);
                to.Write(buffer);
            }
        }
        var write = "jw" + (commit ? "" : " -c");
        if (blocks.Count > 0) write += $" -b {string.Join(',', blocks)}";
        if (revoked is { Count: > 0 }) write += $" -r {string.Join(',', revoked)}";
        if (blocks.Count > 0) write += $" \"{content}\"";
        var open = checksums == 0 ? "jo" : $"jo -c -v {checksums}";
        ExtImages.Debugfs(path, [open, write, "jc"]);
    }

    /// <summary>What the volume is after its journal was replayed and, if need be, repaired.</summary>
    public static string Replayed(string path, string copy)
    {
        SparseFile.Copy(path, copy);
        Tool.Must(new ToolRequest("e2fsck", ["-fy", copy]) { GoodExitCodes = [0, 1] });
        return copy;
    }
}
