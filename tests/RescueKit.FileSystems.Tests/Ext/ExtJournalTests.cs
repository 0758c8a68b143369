using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>Journals to replay: the map must cover what the replay by e2fsck brings to light, and the restored copy must replay to the same files.</summary>
[Collection(ExtCollection.Name)]
public class ExtJournalTests(ExtVariants variants)
{
    [Theory]
    [InlineData("ext3-1k", 0)]
    [InlineData("ext4-1k", 0)]
    [InlineData("ext4-1k", 3)]
    [InlineData("ext4-32bit", 2)]
    [InlineData("ext4-2k", 2)]
    [InlineData("ext4-4k", 3)]
    [InlineData("ext4-16k", 3)]
    [InlineData("ext4-uninit_bg", 0)]
    [InlineData("ext4-uninit_bg-32bit", 0)]
    [InlineData("ext4-bigalloc-1k", 3)]
    [InlineData("ext4-meta_bg", 3)]
    [InlineData("ext4-no-checksums", 0)]
    public void A_replay_reaches_nothing_outside_the_map(string name, int checksums)
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates(name, folder);
        var blocks = ExtJournals.Differences(before, after, blockSize);
        ExtJournals.AddTransaction(before, after, blocks, blockSize, checksums);
        ExtJournals.ProveSuperset(before, folder, expectChange: true);
    }

    [Fact]
    public void Several_transactions_and_one_without_its_commit_are_all_covered()
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates("ext4-1k", folder);
        var last = SparseFile.Copy(after, folder.File("last"));
        Change(last, folder, seed: 77);
        ExtJournals.AddTransaction(before, after, ExtJournals.Differences(before, after, blockSize), blockSize, 3);
        ExtJournals.AddTransaction(before, last, ExtJournals.Differences(after, last, blockSize), blockSize, 3, commit: false);
        ExtJournals.ProveSuperset(before, folder, expectChange: true);
        ExtJournals.AddTransaction(before, last, ExtJournals.Differences(after, last, blockSize), blockSize, 3);
        ExtJournals.ProveSuperset(before, folder, expectChange: true);
    }

    [Fact]
    public void A_journal_with_content_counts_though_the_superblock_says_clean()
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates("ext4-1k", folder);
        ExtJournals.AddTransaction(before, after, ExtJournals.Differences(before, after, blockSize), blockSize, 3);
        ExtImages.Debugfs(before, ["feature -needs_recovery"]);
        Assert.True(Read(before).Unclean);
        ExtImages.Debugfs(before, ["feature needs_recovery"]);
        ExtJournals.ProveSuperset(before, folder, expectChange: true);
    }

    [Fact]
    public void Revoked_blocks_are_not_replayed_but_stay_in_the_map()
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates("ext4-1k", folder);
        var blocks = ExtJournals.Differences(before, after, blockSize);
        ExtJournals.AddTransaction(before, after, [blocks[^1]], blockSize, 3);
        ExtJournals.AddTransaction(before, after, [.. blocks.Take(blocks.Count - 1)], blockSize, 3, revoked: [blocks[^1]]);
        ExtJournals.ProveSuperset(before, folder, expectChange: true);
    }

    [Fact]
    public void Possible_fast_commits_mean_whole()
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates("ext4-fast_commit", folder);
        ExtJournals.AddTransaction(before, after, ExtJournals.Differences(before, after, blockSize), blockSize, 3);
        AssertWhole(Read(before), "fast commits");
    }

    [Theory]
    [InlineData(1, "bad checksum")] // the descriptor block
    [InlineData(3, "bad checksum")] // a block that it announces
    [InlineData(0, "checksum")] // the journal's superblock
    public void Damage_inside_what_would_be_replayed_means_whole(int journalBlock, string reason)
    {
        using var folder = new TempFolder();
        var (before, after, blockSize) = TwoStates("ext4-1k", folder);
        ExtJournals.AddTransaction(before, after, ExtJournals.Differences(before, after, blockSize), blockSize, 3);
        var block = long.Parse(Tool.Must("debugfs", "-R", $"bmap <8> {journalBlock}", before).Output);
        using var volume = new FileSource(before);
        var damaged = new OverlaySource(volume);
        damaged.Patch(block * blockSize + 0x60, [0x5A, 0xA5]);
        AssertWhole(new ExtReader().Read(damaged, new AllocationOptions())!, reason);
    }

    [Fact]
    public void A_change_of_layout_in_the_journal_means_whole()
    {
        using var folder = new TempFolder();
        var before = variants.CopyOf("ext4-no-checksums", folder);
        var after = SparseFile.Copy(before, folder.File("after"));
        ExtImages.Debugfs(after, ["ssv reserved_gdt_blocks 7"]);
        ExtJournals.AddTransaction(before, after, [1], 1024);
        AssertWhole(Read(before), "layout");
    }

    private static VolumeContent Read(string path)
    {
        using var volume = new FileSource(path);
        return new ExtReader().Read(volume, new AllocationOptions())!;
    }

    private static void AssertWhole(VolumeContent content, string reason)
    {
        Assert.Null(content.Map);
        Assert.True(content.Unclean);
        Assert.Contains(reason, content.WholeReason);
    }

    private (string Before, string After, int BlockSize) TwoStates(string name, TempFolder folder)
    {
        var before = variants.CopyOf(name, folder);
        var after = SparseFile.Copy(before, folder.File("after"));
        Change(after, folder, seed: 5);
        return (before, after, ExtImages.Summary(before)!.BlockSize);
    }

    /// <summary>New files in new folders, and removed ones; one file's blocks look like the journal's own.</summary>
    private static void Change(string path, TempFolder folder, int seed)
    {
        var random = new Random(seed);
        var commands = new List<string> { $"mkdir new{seed}" };
        for (var i = 0; i < 12; i++)
        {
            var content = Corpus.Content(random, random.Next(1, 120_000));
            if (i % 4 == 1)
            {
                for (var at = 0; at + 8 < content.Length; at += 1024) ((ReadOnlySpan<byte>)[0xC0, 0x3B, 0x39, 0x98, 0, 0, 0, 1]).CopyTo(content.AsSpan(at));
            }
            var file = folder.File($"content-{seed}-{i}");
            File.WriteAllBytes(file, content);
            commands.Add($"write \"{file}\" new{seed}/file{i}");
        }
        commands.Add($"rm new{seed}/file3");
        ExtImages.Debugfs(path, commands);
    }
}
