using System.Text;
using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Files;

/// <summary>On a FAT volume that mtools has made, which 7-Zip reads.</summary>
public sealed class SevenZipFilesTests : IDisposable
{
    private static readonly DateTime s_time = new(2021, 3, 4, 5, 6, 8, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();
    private readonly string _content;
    private readonly SevenZipFiles _files;

    public SevenZipFilesTests()
    {
        _content = _folder.Folder("content");
        foreach (var folder in (string[])["dir/deep", "Other"]) Directory.CreateDirectory(Path.Combine(_content, folder));
        Write("dir/a long name – Ω.txt", "12345");
        Write("dir/deep/[x] @y.bin", new string('x', 100_000));
        Write("UPPER.TXT", "");
        Write("@first", "at");
        Write("[SYSTEM]", ""); // which 7-Zip has for NTFS's own files
        var volume = SparseFile.Create(_folder.File("volume"), 40L << 20);
        Tool.Must("mkfs.fat", "-F", "32", volume);
        Tool.Must(new ToolRequest("mcopy", ["-i", volume, "-s", "-m", .. Directory.EnumerateFileSystemEntries(_content), "::/"])
        {
            Environment = new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" },
        });
        _files = new SevenZipFiles(volume, SevenZipFiles.TypeOf("FAT32")!, new ToolRunner());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_are_listed_by_name_with_kinds_sizes_and_times()
    {
        Assert.Equal(["@first file 2", "Other folder 0", "UPPER.TXT file 0", "[SYSTEM] file 0", "dir folder 0"], Listed("/"));
        Assert.Equal(["a long name – Ω.txt file 5", "deep folder 0"], Listed("dir/../dir/./"));
        Assert.Equal(["@first file 2"], Listed("/@first"));
        Assert.Empty(Listed("/Other"));
        Assert.Equal(s_time, _files.List("/UPPER.TXT")[0].ModifiedAt);
        Assert.Throws<UsageException>(() => Listed("/dir/none"));
    }

    [Fact]
    public void What_is_named_is_found_and_measured_with_all_below_it()
    {
        var found = _files.Find(["/dir/deep", "/@first"]);
        Assert.Equal([new FoundFile("dir/deep", "deep"), new FoundFile("@first", "@first")], found);
        Assert.Equal((2, 100_002), _files.Measure(found));
        Assert.Equal((5, 100_007), _files.Measure(_files.Find(["/"])));
        var missing = Assert.Throws<UsageException>(() => _files.Find(["/dir", "/dir/none"]));
        Assert.Equal("there is no /dir/none in the image", missing.Message);
    }

    [Fact]
    public void Files_are_copied_with_their_times_and_nothing_else_is_left()
    {
        var target = _folder.Folder("target");
        _files.Copy(_files.Find(["/dir/deep", "/UPPER.TXT"]), target, CancellationToken.None);
        Assert.Equal(["UPPER.TXT", "deep"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(s_time, File.GetLastWriteTimeUtc(Path.Combine(target, "deep/[x] @y.bin")));
        var all = _folder.Folder("all");
        _files.Copy(_files.Find(["/"]), all, CancellationToken.None);
        Assert.Equal(Corpus.Digests(_content), Corpus.Digests(all));
        Assert.True(Directory.Exists(Path.Combine(all, "Other")));
    }

    [Fact]
    public void What_is_there_is_written_over_or_added_to()
    {
        var target = _folder.Folder("target");
        Directory.CreateDirectory(Path.Combine(target, "dir"));
        File.WriteAllText(Path.Combine(target, "dir/mine"), "mine");
        File.WriteAllText(_folder.File("elsewhere"), "mine");
        File.CreateSymbolicLink(Path.Combine(target, "@first"), _folder.File("elsewhere"));
        _files.Copy(_files.Find(["/"]), target, CancellationToken.None);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(target, "dir/mine")));
        Assert.Equal("mine", File.ReadAllText(_folder.File("elsewhere")));
        Assert.Equal("at", File.ReadAllText(Path.Combine(target, "@first")));
        Assert.Equal("12345", File.ReadAllText(Path.Combine(target, "dir/a long name – Ω.txt")));
    }

    [Fact]
    public void A_copy_that_is_cancelled_puts_nothing_there()
    {
        var target = _folder.Folder("target");
        Assert.Throws<RunCancelledException>(() => _files.Copy(_files.Find(["/"]), target, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
    }

    [Fact]
    public void A_folder_that_7_Zip_would_take_for_a_pattern_is_refused()
    {
        var target = _folder.Folder("tar*get");
        Assert.Throws<UsageException>(() => _files.Copy(_files.Find(["/UPPER.TXT"]), target, CancellationToken.None));
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        File.WriteAllText(_folder.File("text"), "no folder");
        var failure = Assert.Throws<DeviceException>(() => _files.Copy(_files.Find(["/UPPER.TXT"]), _folder.File("text"), CancellationToken.None));
        Assert.StartsWith($"{_folder.File("text")} cannot be written: ", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What it gives out of it is what lies on the disk, which nobody can read.</summary>
    [Fact]
    public void A_file_that_Windows_has_encrypted_is_named_and_the_rest_is_copied()
    {
        var volume = SparseFile.Create(_folder.File("ntfs"), 8L << 20);
        Tool.Must("mkntfs", "-q", "-F", volume);
        foreach (var name in (string[])["plain.txt", "secret.txt"])
        {
            File.WriteAllText(_folder.File("text"), name);
            Tool.Must("ntfscp", "-f", volume, _folder.File("text"), name);
        }
        SetAttribute(volume, "secret.txt", 0x4000);
        var files = new SevenZipFiles(volume, SevenZipFiles.TypeOf("NTFS")!, new ToolRunner());
        Assert.Equal(["plain.txt", "secret.txt"], files.List("/").Select(file => file.Name));
        var target = _folder.Folder("target");
        var failure = Assert.Throws<DeviceException>(() => files.Copy(files.Find(["/"]), target, CancellationToken.None));
        Assert.Equal("not all was copied: secret.txt: Windows has encrypted it", failure.Message);
        Assert.Equal(["plain.txt"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("plain.txt", File.ReadAllText(Path.Combine(target, "plain.txt")));
    }

    [Fact]
    public void A_volume_that_is_none_is_an_error()
    {
        var none = SparseFile.Create(_folder.File("none"), 1 << 20);
        Assert.Throws<DeviceException>(() => new SevenZipFiles(none, "FAT", new ToolRunner()).List("/"));
    }

    private IEnumerable<string> Listed(string path) => _files.List(path).Select(file => $"{file.Name} {file.Kind} {file.Size}");

    /// <summary>In the standard information, which is the first attribute of a file's record; the record is found by the name in it.</summary>
    private static void SetAttribute(string volume, string name, int attribute)
    {
        const int recordSize = 1024;
        var bytes = File.ReadAllBytes(volume);
        var found = Enumerable.Range(0, bytes.Length / recordSize).Select(i => i * recordSize)
            .Single(at => bytes.AsSpan(at).StartsWith("FILE"u8) && bytes.AsSpan(at, recordSize).IndexOf(Encoding.Unicode.GetBytes(name)) > 0);
        var first = found + BitConverter.ToUInt16(bytes, found + 0x14);
        Assert.Equal(0x10, BitConverter.ToInt32(bytes, first));
        var flags = first + BitConverter.ToUInt16(bytes, first + 0x14) + 0x20;
        BitConverter.TryWriteBytes(bytes.AsSpan(flags), BitConverter.ToInt32(bytes, flags) | attribute);
        File.WriteAllBytes(volume, bytes);
    }

    private void Write(string path, string text)
    {
        File.WriteAllText(Path.Combine(_content, path), text);
        File.SetLastWriteTimeUtc(Path.Combine(_content, path), s_time);
    }
}
