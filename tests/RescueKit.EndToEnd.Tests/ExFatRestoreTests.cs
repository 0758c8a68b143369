using System.Text.RegularExpressions;
using RescueKit.FileSystems;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>exFAT filled with real files through exfat-fuse, which needs root, a loop device and FUSE.</summary>
public sealed partial class ExFatRestoreTests : IDisposable
{
    private readonly TempFolder _temp = new();

    [Theory]
    [InlineData("512", 24)]
    [InlineData("4K", 64)]
    [InlineData("128K", 200)]
    public void A_filled_and_aged_volume_keeps_every_file_on_its_mapped_bytes_alone(string clusterSize, int mebi)
    {
        var image = SparseFile.Create(_temp.File("volume.img"), (long)mebi << 20);
        Tool.Must("mkfs.exfat", "-c", clusterSize, image);
        var expected = Mounted(image, folder =>
        {
            var files = Corpus.Make(folder, seed: 51, new CorpusOptions { TotalBytes = 6 << 20, LargestFile = 500_000, SymbolicLinks = false, HardLinks = false });
            foreach (var step in Ager.Plan(files, seed: 52, steps: 80)) Ager.Apply(step, folder);
            return Corpus.Digests(folder);
        });
        Tool.Must("fsck.exfat", "-n", image);

        var restored = _temp.File("restored.img");
        using (var source = new FileSource(image))
        {
            var content = VolumeProbe.Read(source, new AllocationOptions());
            Assert.True(content.Map is not null, content.WholeReason);
            var (used, all) = Clusters(image);
            Assert.Equal(source.Length - (all - used) * content.BlockSize, content.Map.UsedBytes);
            MaskedCopy.OntoRandomBytes(source, content.Map.UsedIn(new Extent(0, source.Length)), restored, seed: 53);
        }
        Tool.Must("fsck.exfat", "-n", restored);
        Assert.True(expected.Count > 20, "the volume has files");
        Assert.Equal(expected, Mounted(restored, Corpus.Digests));
    }

    public void Dispose() => _temp.Dispose();

    private SortedDictionary<string, string> Mounted(string image, Func<string, SortedDictionary<string, string>> use)
    {
        var loop = Tool.Must("losetup", "--find", "--show", image).Output.Trim();
        try
        {
            var folder = _temp.Folder("mounted");
            Tool.Must("mount.exfat-fuse", loop, folder);
            try
            {
                return use(folder);
            }
            finally
            {
                Tool.Must("umount", folder);
            }
        }
        finally
        {
            Tool.Must("losetup", "--detach", loop);
        }
    }

    private static (long Used, long All) Clusters(string image)
    {
        var output = Tool.Must("dump.exfat", image).Output;
        var all = long.Parse(Total().Match(output).Groups[1].Value);
        return (all - long.Parse(Free().Match(output).Groups[1].Value), all);
    }

    [GeneratedRegex(@"Total Clusters:\s+(\d+)")]
    private static partial Regex Total();

    [GeneratedRegex(@"Free Clusters:\s+(\d+)")]
    private static partial Regex Free();
}
