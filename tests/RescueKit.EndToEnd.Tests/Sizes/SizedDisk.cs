using System.Globalization;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Sizes;

/// <param name="Start">Sectors of 512 bytes, as is <paramref name="Size"/>.</param>
internal sealed record SizedPartition(int Number, long Start, long Size, string Type, string? Id, string? Name);

/// <summary>A disk file divided by sfdisk, with real file systems in its partitions, and what proves that another disk has the same files.</summary>
internal sealed class SizedDisk
{
    private readonly TempFolder _folder;
    private readonly Dictionary<int, (FilledVolume Volume, SortedDictionary<string, string> Digests)> _volumes = [];

    /// <param name="script">For sfdisk; null for none.</param>
    public SizedDisk(TempFolder folder, string name, int mebibytes, string? script)
    {
        (_folder, Path) = (folder, folder.File(name));
        SparseFile.Create(Path, (long)mebibytes << 20);
        if (script is not null) Tool.Must(new ToolRequest("sfdisk", ["--quiet", Path]) { Input = script });
    }

    public string Path { get; }

    /// <summary>Puts a file system into a partition; it has to be as long as that.</summary>
    public void Fill(int number, FilledVolume volume, int seed)
    {
        var file = _folder.File($"volume-{number}");
        volume.Make(file, _folder.Folder($"making-{number}"), seed);
        _volumes[number] = (volume, volume.Digests(file, _folder.Folder($"digesting-{number}")));
        var partition = Partitions(Path).Single(p => p.Number == number);
        Assert.Equal(partition.Size * 512, new FileInfo(file).Length);
        Tool.Must("dd", $"if={file}", $"of={Path}", "bs=512", $"seek={partition.Start}", "conv=notrunc,sparse", "status=none");
        File.Delete(file);
    }

    /// <summary>Has a tool make something in a partition, which it is given as a file.</summary>
    public void Format(int number, params string[] make)
    {
        var partition = Partitions(Path).Single(p => p.Number == number);
        var file = SparseFile.Create(_folder.File("formatted"), partition.Size * 512);
        Tool.Must(make[0], [.. make.Skip(1), file]);
        Tool.Must("dd", $"if={file}", $"of={Path}", "bs=512", $"seek={partition.Start}", "conv=notrunc,sparse", "status=none");
        File.Delete(file);
    }

    /// <summary>Fails unless every file system of this disk is sound on another one, fills its partition, and has every file.</summary>
    public void MustBeOn(string disk)
    {
        var partitions = Partitions(disk);
        foreach (var (number, (volume, digests)) in _volumes)
        {
            var partition = partitions.Single(p => p.Number == number);
            var file = Take(disk, partition);
            if (volume.Name.StartsWith("NTFS", StringComparison.Ordinal))
            {
                // What was resized is marked for a check by Windows: the mark is taken off, after a look that changes nothing.
                Assert.DoesNotContain("BAD", Tool.Must("ntfsfix", "-n", file).Output, StringComparison.Ordinal);
                Tool.Must("ntfsfix", "-d", file);
            }
            volume.Check(file);
            var scratch = _folder.Folder("digesting");
            Assert.Equal(digests, volume.Digests(file, scratch));
            Directory.Delete(scratch, recursive: true);
            File.Delete(file);
        }
    }

    /// <summary>A partition as a file of its own.</summary>
    public string Take(string disk, SizedPartition partition)
    {
        var file = _folder.File("taken");
        Tool.Must("dd", $"if={disk}", $"of={file}", "bs=512", $"skip={partition.Start}", $"count={partition.Size}", "conv=sparse", "status=none");
        // Sparse copies end where the last data does.
        using (var length = File.OpenWrite(file)) length.SetLength(partition.Size * 512);
        return file;
    }

    /// <summary>As sfdisk lists them, extended ones among them.</summary>
    public static IReadOnlyList<SizedPartition> Partitions(string disk)
    {
        using var json = JsonDocument.Parse(Tool.Must("sfdisk", "--json", disk).Output);
        return
        [
            .. json.RootElement.GetProperty("partitiontable").GetProperty("partitions").EnumerateArray().Select(p => new SizedPartition(
                int.Parse(p.GetProperty("node").GetString()![disk.Length..].TrimStart('p'), CultureInfo.InvariantCulture),
                p.GetProperty("start").GetInt64(), p.GetProperty("size").GetInt64(), p.GetProperty("type").GetString()!,
                p.TryGetProperty("uuid", out var id) ? id.GetString() : null, p.TryGetProperty("name", out var name) ? name.GetString() : null)),
        ];
    }

    /// <summary>Fails unless the table is one that its tools find no fault with.</summary>
    public static void TableMustBeSound(string disk)
    {
        var verdict = Tool.Must("sfdisk", "--verify", disk);
        Assert.Contains("No errors detected", verdict.Output, StringComparison.Ordinal);
        if (Tool.Must("sfdisk", "--json", disk).Output.Contains("\"gpt\"", StringComparison.Ordinal))
            Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", disk).Output, StringComparison.Ordinal);
    }
}
