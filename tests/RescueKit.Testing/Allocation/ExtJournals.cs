using RescueKit.FileSystems.Ext;
using RescueKit.Model;
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

    /// <summary>
    /// The map of an unclean volume covers what it uses now and after e2fsck has replayed its journal; and a copy made of the mapped bytes
    /// alone, on random ones, replays to the same files.
    /// </summary>
    /// <param name="expectChange">Whether the replay is known to change the allocation.</param>
    public static void ProveSuperset(string dirty, TempFolder folder, bool expectChange)
    {
        using var volume = new FileSource(dirty);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.True(content.Unclean);
        MapAssert.WellFormed(content, volume.Length);
        var whole = new Extent(0, volume.Length);
        var used = content.Map.UsedIn(whole);
        var now = ExtImages.Summary(dirty)!;
        var replayed = Replayed(dirty, folder.File("replayed"));
        var after = ExtImages.Summary(replayed)!;
        Assert.True(used.IsSupersetOf(after.Free.ComplementIn(whole)), "the replay uses blocks that the map calls free");
        Assert.True(used.IsSupersetOf(now.Free.ComplementIn(whole)), "the disk uses blocks that the map calls free");
        if (expectChange) Assert.NotEqual(now.Free, after.Free);
        Assert.True(content.Map.UsedBytes < volume.Length * 4 / 5, $"{content.Map.UsedBytes} of {volume.Length} bytes are hardly less than all");

        var restored = folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, used, restored, seed: 9);
        var check = Tool.Run("e2fsck", "-fy", restored);
        Assert.True(check.ExitCode <= 1, check.Everything);
        Assert.Equal(ExtImages.Digests(replayed), ExtImages.Digests(restored));
    }
}
