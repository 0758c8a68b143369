using System.Security.Cryptography;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>
/// Crash states of file systems that the kernel has mounted and busy: what lies on the disk at one moment, journal to replay. Needs
/// root and loop devices.
/// </summary>
public class ExtCrashTests
{
    private const long Mebi = 1 << 20;

    public static TheoryData<string, string, int> Kinds => TestScale.IsWide ? new()
    {
        { "-t ext3 -b 1024 -J size=4", "data=ordered", 1 },
        { "-t ext4 -b 4096 -J size=4", "data=ordered", 2 },
        { "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -J size=4", "data=ordered", 3 },
        { "-t ext4 -b 1024 -O bigalloc -C 8192 -J size=8", "data=ordered", 4 },
        { "-t ext4 -b 2048 -J size=4", "data=journal", 5 },
        { "-t ext4 -b 1024 -O ^64bit,^has_journal -O has_journal,meta_bg,^resize_inode -J size=4", "data=writeback", 6 },
    }
    : new()
    {
        { "-t ext4 -b 4096 -J size=4", "data=ordered", 2 },
        { "-t ext4 -b 2048 -J size=4", "data=journal", 5 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_crash_at_any_moment_loses_nothing(string arguments, string mode, int seed)
    {
        using var folder = new TempFolder();
        var disk = SparseFile.Create(folder.File("disk"), 96 * Mebi);
        Tool.Must("mke2fs", ["-q", "-F", .. arguments.Split(' '), disk]);
        var mount = folder.Folder("mount");
        // The commit interval is long, so that only what this test does reaches the disk.
        Tool.Must("mount", "-o", $"loop,commit=3600,{mode}", disk, mount);
        var states = new List<string>();
        try
        {
            var files = Corpus.Make(mount, seed, new CorpusOptions { TotalBytes = 8 * Mebi, LargestFile = (int)Mebi });
            var random = new Random(seed);
            foreach (var (number, step) in Ager.Plan(files, seed, 240).Index())
            {
                Ager.Apply(step, mount);
                if (number % 60 == 31) Tool.Must("sync", "-f", mount);
                if (number % 40 != 39) continue;
                var committed = Path.Combine(mount, $"committed{number}");
                File.WriteAllBytes(committed, Corpus.Content(random, 5000));
                Tool.Must("sync", committed);
                states.Add(Copy(disk, folder.File($"state{number}")));
            }
        }
        finally
        {
            Tool.Must("umount", mount);
        }
        foreach (var state in states)
        {
            Assert.Contains("needs_recovery", Tool.Must("dumpe2fs", "-h", state).Output);
            ExtJournals.ProveSuperset(state, folder, expectChange: false);
        }
    }

    /// <summary>One moment's state: copied until two copies in a row are the same.</summary>
    private static string Copy(string disk, string copy)
    {
        for (var last = ""; ;)
        {
            SparseFile.Copy(disk, copy);
            using var stream = File.OpenRead(copy);
            var digest = Convert.ToHexString(SHA256.HashData(stream));
            if (digest == last) return copy;
            last = digest;
        }
    }
}
