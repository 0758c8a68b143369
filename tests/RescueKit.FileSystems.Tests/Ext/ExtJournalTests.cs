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
        Check(before, folder, expectChange: true);
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
        Check(before, folder, expectChange: true);
        ExtJournals.AddTransaction(before, last, ExtJournals.Differences(after, last, blockSize), blockSize, 3);
        Check(before, folder, expectChange: true);
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

    private static VolumeContent Check(string dirty, TempFolder folder, bool expectChange)
    {
        using var volume = new FileSource(dirty);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.True(content.Unclean);
        MapAssert.WellFormed(content, volume.Length);
        var whole = new Extent(0, volume.Length);
        var used = content.Map.UsedIn(whole);
        var now = ExtImages.Summary(dirty)!;
        var replayed = ExtJournals.Replayed(dirty, folder.File("replayed"));
        var after = ExtImages.Summary(replayed)!;
        Assert.True(used.IsSupersetOf(after.Free.ComplementIn(whole)), "the replay uses blocks that the map calls free");
        Assert.True(used.IsSupersetOf(now.Free.ComplementIn(whole)), "the disk uses blocks that the map calls free");
        if (expectChange) Assert.NotEqual(now.Free, after.Free);
        Assert.InRange(content.Map.UsedBytes, 0, volume.Length - after.FreeBlocks * after.BlockSize + (16 << 20));

        var restored = folder.File("restored");
        MaskedCopy.OntoRandomBytes(volume, used, restored, seed: 9);
        var check = Tool.Run("e2fsck", "-fy", restored);
        Assert.InRange(check.ExitCode, 0, 1);
        Assert.Equal(ExtImages.Digests(replayed), ExtImages.Digests(restored));
        return content;
    }
}
