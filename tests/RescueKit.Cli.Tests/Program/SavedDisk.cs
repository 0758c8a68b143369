using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Disks with several file systems and files in them, made without root, to be saved by partclone and to come back.</summary>
internal sealed class SavedDisk
{
    private const int MiB = 1 << 20;
    private const string SwapId = "3f2c9d1a-58b1-4f77-9b0e-6f2d4c1a7e10";
    private readonly TempFolder _folder;
    private readonly IReadOnlyList<(string Kind, int At, int Length)> _volumes;

    private SavedDisk(TempFolder folder, IReadOnlyList<(string Kind, int At, int Length)> volumes)
    {
        (_folder, _volumes) = (folder, volumes);
        Content = folder.Folder("content");
        if (Directory.EnumerateFileSystemEntries(Content).Any()) return;
        Corpus.Make(Content, 7, new CorpusOptions { TotalBytes = 3 << 20, OddNames = false, SymbolicLinks = false, HardLinks = false, SparseFiles = false });
    }

    public string File { get; private init; } = "";
    public string Content { get; }

    /// <summary>GPT: FAT, ext4, swap, NTFS, btrfs, and one without a file system.</summary>
    public static SavedDisk Gpt(TempFolder folder)
    {
        var disk = SparseFile.Create(folder.File("gpt.raw"), 512L * MiB);
        Tool.Must("sgdisk", "-n1:2048:+40M", "-t1:ef00", "-n2:0:+64M", "-n3:0:+8M", "-t3:8200", "-n4:0:+48M", "-t4:0700", "-n5:0:+160M", "-n6:0:+2M", "-t6:ef02", disk);
        return new SavedDisk(folder, [("vfat", 1, 40), ("ext4", 41, 64), ("swap", 105, 8), ("ntfs", 113, 48), ("btrfs", 161, 160), ("dd", 321, 2)]) { File = disk }.Filled();
    }

    /// <summary>MBR with boot code: NTFS, and ext4 and FAT as logical partitions.</summary>
    public static SavedDisk Mbr(TempFolder folder)
    {
        var disk = SparseFile.Create(folder.File("mbr.raw"), 256L * MiB);
        Tool.Must(new ToolRequest("sfdisk", ["-q", disk])
        {
            Input = "label: dos\nlabel-id: 0xcafe1234\nd1 : start=2048, size=98304, type=7, bootable\nd2 : start=100352, size=409600, type=5\n"
                + "d5 : start=102400, size=131072, type=83\nd6 : start=235520, size=81920, type=c\n",
        });
        var code = new byte[440];
        new Random(5).NextBytes(code);
        var hidden = new byte[60 * 512];
        new Random(6).NextBytes(hidden);
        using (var file = new FileStream(disk, FileMode.Open))
        {
            file.Write(code);
            file.Position = 512;
            file.Write(hidden);
        }
        return new SavedDisk(folder, [("ntfs", 1, 48), ("ext4", 50, 64), ("vfat", 115, 40)]) { File = disk }.Filled();
    }

    /// <summary>One ext4 of 24 MiB in a GPT.</summary>
    public static SavedDisk Small(TempFolder folder)
    {
        var disk = SparseFile.Create(folder.File("small.raw"), 32L * MiB);
        Tool.Must("sgdisk", "-n1:2048:+24M", disk);
        return new SavedDisk(folder, [("ext4", 1, 24)]) { File = disk }.Filled();
    }

    /// <summary>One of its volumes as a file.</summary>
    public string Volume(string disk, string kind) => Take(disk, _volumes.First(volume => volume.Kind == kind), $"{kind}.volume");

    /// <summary>Fails unless a disk has the same tables, boot code, ids and files, by what the file systems' own tools say.</summary>
    public void MustBe(string disk)
    {
        Assert.Equal(Tool.Must("sfdisk", "-d", File).Output.Replace(File, "", StringComparison.Ordinal), Tool.Must("sfdisk", "-d", disk).Output.Replace(disk, "", StringComparison.Ordinal));
        Tool.Must("cmp", "--bytes", $"{MiB}", File, disk);
        var tail = 33 * 512;
        Tool.Must("cmp", $"--ignore-initial={new FileInfo(File).Length - tail}", File, disk);
        foreach (var volume in _volumes) MustBeSound(volume.Kind, Take(disk, volume, "back.volume"), Take(File, volume, "there.volume"));
    }

    public void MustBeSound(string kind, string volume, string original)
    {
        Assert.Equal(Tool.Run("blkid", "-p", "-o", "export", original).Output.Replace(original, "", StringComparison.Ordinal), Tool.Run("blkid", "-p", "-o", "export", volume).Output.Replace(volume, "", StringComparison.Ordinal));
        var (got, wanted) = (_folder.Folder("got"), Corpus.Digests(Content));
        switch (kind)
        {
            case "ext4":
                Tool.Must("e2fsck", "-fn", volume);
                Tool.Must("debugfs", "-R", $"rdump / {got}", volume);
                Directory.Delete(Path.Combine(got, "lost+found"));
                break;
            case "vfat":
                Tool.Must("fsck.fat", "-n", volume);
                Tool.Must("mcopy", "-s", "-i", volume, "::/", got);
                break;
            case "btrfs":
                Tool.Must("btrfs", "check", "--check-data-csum", volume);
                Tool.Must("btrfs", "restore", volume, got);
                break;
            case "ntfs":
                Tool.Must("ntfsfix", "-n", volume);
                foreach (var name in Flat(wanted)) System.IO.File.WriteAllText(Path.Combine(got, name), Tool.Must("sh", "-c", $"ntfscat '{volume}' '{name}' | sha256sum").Output.Split(' ')[0].ToUpperInvariant());
                foreach (var name in Flat(wanted)) Assert.Equal(wanted[name], System.IO.File.ReadAllText(Path.Combine(got, name)));
                break;
            case "dd":
                Tool.Must("cmp", original, volume);
                break;
        }
        if (kind is "ext4" or "vfat" or "btrfs") Assert.Equal(wanted, Corpus.Digests(got));
        Directory.Delete(got, recursive: true);
    }

    private SavedDisk Filled()
    {
        foreach (var (kind, at, length) in _volumes)
        {
            var volume = SparseFile.Create(_folder.File("new.volume"), (long)length * MiB);
            switch (kind)
            {
                case "ext4":
                    Tool.Must("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", Content, volume);
                    break;
                case "vfat":
                    Tool.Must("mkfs.fat", "-F", "32", "-s", "1", "-n", "ESP", volume);
                    Tool.Must("sh", "-c", $"mcopy -s -i '{volume}' '{Content}'/* ::/");
                    break;
                case "btrfs":
                    Tool.Must("mkfs.btrfs", "-q", "--rootdir", Content, volume);
                    break;
                case "ntfs":
                    Tool.Must("mkntfs", "-q", "-F", "-f", "-L", "Windows", "-p", $"{at * MiB / 512}", "-s", "512", volume);
                    foreach (var name in Flat(Corpus.Digests(Content))) Tool.Must("ntfscp", "-q", volume, Path.Combine(Content, name), name);
                    break;
                case "swap":
                    Tool.Must("mkswap", "-q", "-U", SwapId, "-L", "swapped", volume);
                    break;
                default:
                    System.IO.File.WriteAllBytes(volume, Corpus.Content(new Random(3), length * MiB));
                    break;
            }
            Tool.Must("dd", $"if={volume}", $"of={File}", "bs=1M", $"seek={at}", "conv=notrunc,sparse", "status=none");
            System.IO.File.Delete(volume);
        }
        return this;
    }

    /// <summary>Files that lie in no folder: ntfscp makes none.</summary>
    private static IEnumerable<string> Flat(SortedDictionary<string, string> digests) => digests.Where(file => file.Value != "folder" && !file.Key.Contains('/')).Select(file => file.Key).Take(12);

    private string Take(string disk, (string Kind, int At, int Length) volume, string name)
    {
        var file = _folder.File(name);
        System.IO.File.Delete(file);
        Tool.Must("dd", $"if={disk}", $"of={file}", "bs=1M", $"skip={volume.At}", $"count={volume.Length}", "conv=sparse", "status=none");
        Tool.Must("truncate", "-s", $"{(long)volume.Length * MiB}", file);
        return file;
    }
}
