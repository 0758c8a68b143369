using System.Globalization;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Disks;

public enum VolumeKind { Fat, Ext4, Ntfs }

/// <param name="Number">As Linux numbers it.</param>
/// <param name="Offset">Bytes, as is <paramref name="Length"/>.</param>
public sealed record RealVolume(int Number, long Offset, long Length, VolumeKind Kind);

/// <summary>
/// A small disk with real file systems, made without root by the tools that everybody uses, and what proves that another disk holds the
/// same: the real checkers and the digests of all files.
/// </summary>
public sealed class RealDisk
{
    private const long MiB = 1 << 20;
    private readonly Dictionary<string, byte[]> _files;

    private RealDisk(string path, bool isGpt, IReadOnlyList<RealVolume> volumes, Dictionary<string, byte[]> files)
    {
        (Path, IsGpt, Volumes, _files) = (path, isGpt, volumes, files);
        Length = new FileInfo(path).Length;
    }

    public string Path { get; }
    public long Length { get; }
    public bool IsGpt { get; }
    public IReadOnlyList<RealVolume> Volumes { get; }

    /// <summary>By name; each volume holds all of them.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>GPT with an EFI system partition (FAT16), ext4 and NTFS; 56 MiB.</summary>
    public static RealDisk Gpt(string folder, int seed = 1)
    {
        var path = NewFile(folder, "gpt.img", 56 * MiB);
        Tool.Must("sgdisk", "-n1:2048:+12M", "-t1:ef00", "-c1:EFI", "-n2:0:+24M", "-t2:8300", "-c2:root", "-n3:0:0", "-t3:0700", path);
        return Fill(folder, path, isGpt: true, seed,
            [new(1, MiB, 12 * MiB, VolumeKind.Fat), new(2, 13 * MiB, 24 * MiB, VolumeKind.Ext4), new(3, 37 * MiB, LengthOfLast(path, 3), VolumeKind.Ntfs)]);
    }

    /// <summary>MBR with boot code and a core image in the gap, a primary FAT16 partition at sector 63, and logical ext4 and NTFS; 56 MiB.</summary>
    public static RealDisk Mbr(string folder, int seed = 2)
    {
        var path = NewFile(folder, "mbr.img", 56 * MiB);
        const string table = """
            label: dos
            start=63, size=24576, type=e, bootable
            start=26624, size=88000, type=5
            start=28672, size=45056, type=83
            start=75776, size=36864, type=7
            """;
        Tool.Must(new ToolRequest("sfdisk", ["--force", path]) { Input = table });
        using (var file = File.OpenWrite(path))
        {
            // What GRUB leaves: boot code before the table, and its core image in sectors 1 to 62.
            file.Write(Corpus.Content(new Random(seed), 440));
            file.Position = 512;
            var core = new byte[62 * 512];
            new Random(seed + 1).NextBytes(core);
            file.Write(core);
        }
        return Fill(folder, path, isGpt: false, seed,
            [
                new(1, 63 * 512, 24576 * 512, VolumeKind.Fat), new(5, 28672 * 512, 45056 * 512, VolumeKind.Ext4),
                new(6, 75776 * 512, 36864 * 512, VolumeKind.Ntfs),
            ]);
    }

    /// <summary>As <see cref="Gpt"/> with FAT12, in 14 MiB: for sweeps that run over the disk thousands of times.</summary>
    public static RealDisk SmallGpt(string folder, int seed = 3)
    {
        var path = NewFile(folder, "small-gpt.img", 14 * MiB);
        Tool.Must("sgdisk", "-n1:2048:+3M", "-t1:ef00", "-n2:0:+4M", "-t2:8300", "-n3:0:+4M", "-t3:0700", path);
        return Fill(folder, path, isGpt: true, seed,
            [new(1, MiB, 3 * MiB, VolumeKind.Fat), new(2, 4 * MiB, 4 * MiB, VolumeKind.Ext4), new(3, 8 * MiB, 4 * MiB, VolumeKind.Ntfs)], 60_000);
    }

    /// <summary>As <see cref="SmallGpt"/>, with an MBR, boot code and logical partitions; its volumes lie elsewhere.</summary>
    public static RealDisk SmallMbr(string folder, int seed = 4)
    {
        var path = NewFile(folder, "small-mbr.img", 14 * MiB);
        const string table = """
            label: dos
            start=63, size=7168, type=e, bootable
            start=8192, size=19456, type=5
            start=9216, size=8192, type=83
            start=18432, size=8192, type=7
            """;
        Tool.Must(new ToolRequest("sfdisk", ["--force", path]) { Input = table });
        return Fill(folder, path, isGpt: false, seed,
            [
                new(1, 63 * 512, 7168 * 512, VolumeKind.Fat), new(5, 9216 * 512, 8192 * 512, VolumeKind.Ext4),
                new(6, 18432 * 512, 8192 * 512, VolumeKind.Ntfs),
            ], 60_000);
    }

    public byte[] ReadAll() => File.ReadAllBytes(Path);

    /// <summary>Fails unless <paramref name="disk"/> has a sound table and all volumes with all their files.</summary>
    public void MustEqual(string disk)
    {
        if (IsGpt)
        {
            var verdict = Tool.Must("sgdisk", "-v", disk).Output;
            if (!verdict.Contains("No problems found", StringComparison.Ordinal)) throw new ToolFailedException(verdict);
        }
        else
        {
            Tool.Must("sfdisk", "--verify", disk);
        }
        foreach (var volume in Volumes) MustEqual(disk, volume, volume.Offset);
    }

    /// <summary>Fails unless one volume lies at <paramref name="offset"/> of a disk, sound and with all its files.</summary>
    public void MustEqual(string disk, RealVolume volume, long offset)
    {
        using var folder = new TempFolder();
        var part = folder.File("volume");
        Copy(disk, offset, part, 0, volume.Length);
        var found = new Dictionary<string, byte[]>();
        switch (volume.Kind)
        {
            case VolumeKind.Fat:
                Tool.Must("fsck.fat", "-n", part);
                Tool.Must("mcopy", "-s", "-n", "-i", part, "::/*", folder.Folder("out"));
                break;
            case VolumeKind.Ext4:
                Tool.Must("e2fsck", "-fn", part);
                Tool.Must("debugfs", "-R", $"rdump / {folder.Folder("out")}", part);
                break;
            default:
                Tool.Must("ntfsfix", "-n", part);
                foreach (var name in _files.Keys) Tool.Must("sh", "-c", $"ntfscat {part} {name} > {folder.Folder("out")}/{name}");
                break;
        }
        foreach (var (name, content) in _files)
        {
            var path = System.IO.Path.Combine(folder.File("out"), name);
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
                throw new ToolFailedException($"{name} on partition {volume.Number} of {disk} is missing or differs");
        }
    }

    /// <summary>A file full of random bytes.</summary>
    public static string Random(string folder, string name, long length, int seed)
    {
        var path = System.IO.Path.Combine(folder, name);
        using var file = File.Create(path);
        var random = new Random(seed);
        var buffer = new byte[1 << 20];
        for (var left = length; left > 0; left -= buffer.Length)
        {
            random.NextBytes(buffer);
            file.Write(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
        }
        return path;
    }

    private static RealDisk Fill(string folder, string path, bool isGpt, int seed, IReadOnlyList<RealVolume> volumes, int largestFile = 600_000)
    {
        var tree = Directory.CreateDirectory(System.IO.Path.Combine(folder, "tree")).FullName;
        var random = new Random(seed);
        var files = new Dictionary<string, byte[]>();
        for (var i = 0; i < 14; i++)
        {
            var name = $"file{i}.bin";
            files[name] = Corpus.Content(random, 1 + random.Next(i % 4 == 0 ? largestFile : 30_000));
            File.WriteAllBytes(System.IO.Path.Combine(tree, name), files[name]);
        }
        foreach (var volume in volumes)
        {
            var part = NewFile(folder, "volume", volume.Length);
            Make(volume, part, tree, files.Keys);
            Copy(part, 0, path, volume.Offset, volume.Length);
            File.Delete(part);
        }
        Directory.Delete(tree, recursive: true);
        return new RealDisk(path, isGpt, volumes, files);
    }

    private static void Make(RealVolume volume, string part, string tree, IEnumerable<string> names)
    {
        switch (volume.Kind)
        {
            case VolumeKind.Fat:
                var hidden = (volume.Offset / 512).ToString(CultureInfo.InvariantCulture);
                Tool.Must("mkfs.fat", volume.Length < 8 * MiB ? "-F12" : "-F16", "-n", "EFI", "-h", hidden, part);
                foreach (var name in names) Tool.Must("mcopy", "-i", part, System.IO.Path.Combine(tree, name), "::/");
                break;
            case VolumeKind.Ext4:
                Tool.Must("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", tree, part);
                break;
            default:
                Tool.Must("mkntfs", "-q", "-F", "-f", "-L", "data", "-p", (volume.Offset / 512).ToString(CultureInfo.InvariantCulture), "-H", "16", "-S", "63", part);
                foreach (var name in names) Tool.Must("ntfscp", "-q", part, System.IO.Path.Combine(tree, name), name);
                break;
        }
    }

    private static long LengthOfLast(string disk, int number)
    {
        var line = Tool.Must("sgdisk", "-i", number.ToString(CultureInfo.InvariantCulture), disk).Output.Split('\n')
            .First(l => l.StartsWith("Partition size:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture) * 512;
    }

    private static string NewFile(string folder, string name, long length)
    {
        var path = System.IO.Path.Combine(folder, name);
        using var file = File.Create(path);
        file.SetLength(length);
        return path;
    }

    private static void Copy(string from, long offset, string to, long at, long length)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.OpenOrCreate, FileAccess.Write);
        source.Position = offset;
        target.Position = at;
        var buffer = new byte[1 << 20];
        for (var left = length; left > 0;)
        {
            var got = source.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (got == 0) throw new EndOfStreamException($"{from} ends early");
            target.Write(buffer, 0, got);
            left -= got;
        }
    }
}
