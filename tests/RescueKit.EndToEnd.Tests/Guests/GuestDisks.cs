using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Content for the disks of guests, made on this machine without mounting anything.</summary>
internal static class GuestDisks
{
    public const int MiB = 1 << 20;

    /// <summary>Where the one partition of <see cref="WithFiles"/> and <see cref="Unrecognised"/> begins.</summary>
    public const long PartitionOffset = MiB;

    /// <summary>GPT with one ext4 full of files, and the list of their digests for `sha256sum -c`.</summary>
    public static string WithFiles(TempFolder folder, string name, int mebibytes, int sectorSize, int seed)
    {
        var disk = OneGptPartition(folder.File(name), mebibytes, sectorSize);
        var files = folder.Folder(name + "-files");
        var paths = Corpus.Make(files, seed, new CorpusOptions { TotalBytes = mebibytes / 4 * MiB, OddNames = false, SymbolicLinks = false });
        var sums = Tool.Must(new ToolRequest("sha256sum", [.. paths]) { WorkingFolder = files }).Output;
        File.WriteAllText(Path.Combine(files, "sums"), sums);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-d", files, "-E", $"offset={PartitionOffset}", disk, $"{(mebibytes - 2) * 1024}k");
        return disk;
    }

    /// <summary>GPT with one partition full of random bytes, which is taken whole.</summary>
    public static string Unrecognised(TempFolder folder, string name, int mebibytes, int seed)
    {
        var disk = MatrixDisk.OfRandomBytes(folder.File(name), (long)mebibytes * MiB, seed);
        return OneGptPartition(disk, mebibytes, 512);
    }

    /// <summary>The partition fills the disk but for its first and last MiB.</summary>
    private static string OneGptPartition(string disk, int mebibytes, int sectorSize)
    {
        if (!File.Exists(disk)) SparseFile.Create(disk, (long)mebibytes * MiB);
        using var loop = new LoopDevice(disk, sectorSize);
        Tool.Must("sgdisk", "--clear", $"--new=1:{PartitionOffset / sectorSize}:{(mebibytes - 1) * (MiB / sectorSize) - 1}", loop.Path);
        return disk;
    }
}
