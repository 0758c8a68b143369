using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>A GPT disk file with a FAT and an ext4 partition that hold a known file each, and the end of the disk free. Needs no root.</summary>
internal static class SmallDisk
{
    public const string Secret = "the quick brown fox writes to partition two";
    private const long MiB = 1 << 20;
    private const long FatAt = 1 * MiB, FatLength = 8 * MiB, ExtAt = 9 * MiB, ExtLength = 16 * MiB;

    public static string Make(TempFolder folder, string name = "disk.raw")
    {
        var disk = SparseFile.Create(folder.File(name), 32 * MiB);
        Tool.Must("sgdisk", "-n1:2048:+8M", "-t1:ef00", "-n2:0:+16M", disk);
        var content = folder.Folder("content");
        File.WriteAllText(Path.Combine(content, "note.txt"), string.Concat(Enumerable.Repeat(Secret + "\n", 5000)));
        var noise = new byte[4 << 20];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(Path.Combine(content, "noise.bin"), noise);

        var fat = SparseFile.Create(folder.File("fat.part"), FatLength);
        Tool.Must("mkfs.fat", "-n", "ESPLABEL", fat);
        Tool.Must("mcopy", "-i", fat, Path.Combine(content, "note.txt"), "::note.txt");
        Put(fat, disk, FatAt);

        var ext = SparseFile.Create(folder.File("ext.part"), ExtLength);
        Tool.Must("mke2fs", "-q", "-t", "ext4", "-L", "rootlabel", "-d", content, ext);
        Put(ext, disk, ExtAt);
        return disk;
    }

    /// <summary>Fails unless table, file systems and files of a disk are what <see cref="Make"/> made.</summary>
    public static void MustBeWhole(string disk, TempFolder folder)
    {
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", disk).Output, StringComparison.Ordinal);
        MustBeFat(Take(disk, FatAt, FatLength, folder.File("fat.back")), folder);
        MustBeExt(Take(disk, ExtAt, ExtLength, folder.File("ext.back")), folder);
    }

    /// <summary>Fails unless a volume file begins with the sound FAT volume that <see cref="Make"/> made in the same folder.</summary>
    public static void MustBeFat(string part, TempFolder folder)
    {
        Tool.Must("fsck.fat", "-n", part);
        Assert.Equal(Note(folder), Tool.Must("mtype", "-i", part, "::note.txt").Output);
    }

    public static void MustBeExt(string part, TempFolder folder)
    {
        Tool.Must("e2fsck", "-fn", part);
        Assert.Equal(Note(folder), Tool.Must("debugfs", "-R", "cat /note.txt", part).Output);
    }

    /// <summary>A range of whole MiB of a disk as a file of its own.</summary>
    public static string Take(string disk, long offset, long length, string part)
    {
        Tool.Must("dd", $"if={disk}", $"of={part}", "bs=1M", $"skip={offset / MiB}", $"count={length / MiB}", "status=none");
        return part;
    }

    private static string Note(TempFolder folder) => File.ReadAllText(Path.Combine(folder.Folder("content"), "note.txt"));

    private static void Put(string part, string disk, long offset) =>
        Tool.Must("dd", $"if={part}", $"of={disk}", "bs=1M", $"seek={offset / MiB}", "conv=notrunc,sparse", "status=none");
}
