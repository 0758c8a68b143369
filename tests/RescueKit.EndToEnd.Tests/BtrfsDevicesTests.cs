using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>A btrfs over several devices: each imaged on its own, all restored onto disks full of random bytes, together again whole.</summary>
public sealed class BtrfsDevicesTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(2, "raid1", "raid0", true)]
    [InlineData(2, "raid0", "raid0", false)]
    public void Devices_are_imaged_one_by_one(int count, string metadata, string data, bool mapped) => Prove(count, metadata, data, mapped);

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData(2, "raid1", "single", true)]
    [InlineData(2, "raid1", "raid1", true)]
    [InlineData(4, "raid1c4", "raid10", true)]
    [InlineData(3, "raid1c3", "raid5", true)]
    [InlineData(4, "raid1c4", "raid6", true)]
    [InlineData(4, "raid10", "raid10", false)]
    public void Devices_of_other_profiles_are_imaged_one_by_one(int count, string metadata, string data, bool mapped) => Prove(count, metadata, data, mapped);

    public void Dispose() => _folder.Dispose();

    /// <param name="mapped">Whether all trees can be read from each device alone, so that it is imaged by its used blocks.</param>
    private void Prove(int count, string metadata, string data, bool mapped)
    {
        var originals = Enumerable.Range(0, count).Select(i => SparseFile.Create(_folder.File($"original{i}"), 512L * MiB)).ToList();
        SortedDictionary<string, string> digests;
        using (var loops = new Loops(originals))
        {
            Tool.Must("mkfs.btrfs", ["-q", "-m", metadata, "-d", data, .. loops.Paths]);
            digests = Mounted(loops, "rw", folder =>
            {
                var files = Corpus.Make(folder, seed: count, new CorpusOptions { TotalBytes = 30 * MiB });
                foreach (var step in Ager.Plan(files, seed: count, steps: 200, Ager.Everything)) Ager.Apply(step, folder);
                return Corpus.Digests(folder);
            });
        }
        var restored = originals.Select((original, i) => Restored(original, i, mapped)).ToList();
        originals.ForEach(File.Delete);
        using (var loops = new Loops(restored))
        {
            Tool.Must("btrfs", "check", "--check-data-csum", loops.Paths[0]);
            Assert.Equal(digests, Mounted(loops, "ro", Corpus.Digests));
        }
    }

    private string Restored(string original, int number, bool mapped)
    {
        var shown = MatrixProgram.Json("disk", "show", original).GetProperty("partitions")[0];
        var reason = shown.GetProperty("whole_reason").GetString();
        if (mapped) Assert.Null(reason);
        else Assert.Contains("another device", reason, StringComparison.Ordinal);
        if (mapped) Assert.InRange(shown.GetProperty("used_bytes").GetInt64(), MiB, 400L * MiB);
        var (image, target) = (_folder.File($"image{number}.rki"), _folder.File($"restored{number}"));
        MatrixProgram.Must("image", "create", original, image, "--codec", "lz4");
        MatrixDisk.OfRandomBytes(target, new FileInfo(original).Length, seed: number);
        MatrixProgram.Must("image", "restore", image, target, "--confirm", Path.GetFileName(target));
        File.Delete(image);
        return target;
    }

    private T Mounted<T>(Loops loops, string options, Func<string, T> use)
    {
        var folder = _folder.Folder("mounted");
        Tool.Must("btrfs", ["device", "scan", .. loops.Paths]);
        Tool.Must("mount", "-t", "btrfs", "-o", options, loops.Paths[0], folder);
        try
        {
            return use(folder);
        }
        finally
        {
            Tool.Must("umount", folder);
            Tool.Run("btrfs", ["device", "scan", "--forget", .. loops.Paths]);
        }
    }

    private sealed class Loops : IDisposable
    {
        public Loops(IEnumerable<string> files) => Paths = [.. files.Select(file => Tool.Must("losetup", "--find", "--show", file).Output.Trim())];

        public IReadOnlyList<string> Paths { get; }

        public void Dispose()
        {
            foreach (var path in Paths) Tool.Must("losetup", "--detach", path);
        }
    }
}
