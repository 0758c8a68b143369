using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Serving;

/// <summary>Files out of images, without their being unpacked: the system's own drivers read them. Needs root and FUSE.</summary>
public sealed class ImageFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _temporary;

    public ImageFilesTests() => _temporary = _folder.Folder("temporary");

    /// <summary>Nothing is left of what was mounted.</summary>
    public void Dispose()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
        Assert.DoesNotContain(_folder.FullPath, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        _folder.Dispose();
    }

    public static TheoryData<string> Kinds => TestScale.IsWide ? ["ext4", "XFS", "btrfs", "NTFS", "exFAT"] : ["ext4", "XFS", "NTFS"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_files_are_copied_as_they_were(string kind)
    {
        var volume = kind switch
        {
            "ext4" => MatrixMountedVolume.Ext(kind, 96, "-t", "ext4"),
            "XFS" => MatrixMountedVolume.Xfs(kind, 128),
            "btrfs" => MatrixMountedVolume.Btrfs(kind, 160, "noatime"),
            "NTFS" => MatrixMountedVolume.Ntfs(4096, 96),
            _ => MatrixMountedVolume.ExFat("32K", 96),
        };
        var digests = Image(volume);
        var got = _folder.Folder("got");
        Must("image", "get", $"{ImageFile}:1", "/", got);
        Assert.Equal(digests, Corpus.Digests(got));
        if (kind is not ("ext4" or "XFS")) return;
        using var original = new MatrixMount(_folder.File("original"), _folder.File("mounted"), ["mount", "-o", "ro"]);
        Assert.Equal(Properties(original.Folder), Properties(got));
    }

    /// <summary>By programs that any user may start. What the file system's own rights forbid is read all the same: the user has the image.</summary>
    [Theory]
    [InlineData("ext4")]
    [InlineData("NTFS")]
    [InlineData("FAT32")]
    public void A_user_who_is_not_root_gets_files_too(string kind)
    {
        var digests = Image(kind switch
        {
            "ext4" => MatrixMountedVolume.Ext(kind, 96, "-t", "ext4"),
            "NTFS" => MatrixMountedVolume.Ntfs(4096, 96),
            _ => new MatrixFatVolume(32, 96),
        });
        var got = _folder.Folder("got");
        AllowNobody(got);
        var result = AsNobody("image", "get", $"{ImageFile}:1", "/", got);
        Assert.True(result.Ok, result.Everything);
        var found = Corpus.Digests(got);
        // Links that ntfs-3g has made are files with the system attribute to all others.
        if (kind == "NTFS") RemoveLinks(digests, found);
        Assert.Empty(digests.Except(found)); // which shows them
        Assert.Equal(digests, found);
        var file = digests.Keys.First(path => path.Contains('/', StringComparison.Ordinal));
        var listed = AsNobody("image", "ls", $"{ImageFile}:1", $"/{Path.GetDirectoryName(file)}");
        Assert.True(listed.Ok, listed.Everything);
        Assert.Contains(Path.GetFileName(file), listed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_who_is_not_root_is_told_what_needs_root()
    {
        Image(MatrixMountedVolume.Xfs("XFS", 128));
        AllowNobody(_temporary);
        var refused = AsNobody("image", "ls", ImageFile, "/");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("XFS is mounted for that, which needs root", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_file_is_listed_and_copied_and_nothing_is_written_over_unless_it_is_wanted()
    {
        var digests = Image(MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"));
        var (path, digest) = digests.First(file => !file.Key.Contains("symlink", StringComparison.Ordinal) && Path.GetFileName(file.Key).All(char.IsAscii));
        Assert.Contains(Path.GetFileName(path), Must("image", "ls", ImageFile, Path.GetDirectoryName(path)!), StringComparison.Ordinal);
        var got = _folder.Folder("got");
        Must("image", "get", ImageFile, path, got);
        Assert.Equal(digest, Corpus.Digests(got)[Path.GetFileName(path)]);
        File.WriteAllText(Path.Combine(got, Path.GetFileName(path)), "mine");
        Assert.Equal(4, Run("image", "get", ImageFile, path, got).ExitCode);
        Assert.Equal(4, Run("image", "get", ImageFile, "/", got).ExitCode);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(got, Path.GetFileName(path))));
        Must("image", "get", ImageFile, path, got, "--overwrite");
        Assert.Equal(digest, Corpus.Digests(got)[Path.GetFileName(path)]);
        var nothing = Run("image", "get", ImageFile, "/no/such/file", got);
        Assert.True(nothing.ExitCode == 2, nothing.Everything);
        Assert.Contains("there is no /no/such/file in the image", nothing.Error, StringComparison.Ordinal);
        Assert.Equal(2, Run("image", "ls", $"{ImageFile}:7").ExitCode);
    }

    [Fact]
    public void A_copy_that_is_cancelled_says_what_is_not_whole_and_leaves_nothing_mounted()
    {
        Image(MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"));
        var got = _folder.Folder("got");
        var start = new ProcessStartInfo(MatrixProgram.Path, ["image", "get", ImageFile, "/", got]) { RedirectStandardError = true };
        start.Environment["TMPDIR"] = _temporary;
        using var process = Process.Start(start)!;
        while (!process.HasExited && !Directory.EnumerateFileSystemEntries(got).Any()) Thread.Sleep(1);
        Tool.Run("kill", "-s", "INT", $"{process.Id}");
        var said = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "it goes on");
        if (process.ExitCode != 0) Assert.Contains("is not whole", said, StringComparison.Ordinal); // else it was faster
        Assert.True(process.ExitCode is 0 or 130, said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_stays_mounted_until_it_is_told_to_end_or_unmounted(bool unmounted)
    {
        var digests = Image(MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"));
        var point = _folder.Folder("point with a space");
        var start = new ProcessStartInfo(MatrixProgram.Path, ["image", "mount", ImageFile, unmounted ? point : point + "/"]) { RedirectStandardOutput = true };
        start.Environment["TMPDIR"] = _temporary;
        using var process = Process.Start(start)!;
        Assert.Contains(point, process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        Assert.Equal(digests, Corpus.Digests(point));
        Assert.False(Tool.Run("touch", Path.Combine(point, "new")).Ok);
        if (unmounted) Tool.Must("umount", point);
        else Tool.Must("kill", "-s", "INT", $"{process.Id}");
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "it goes on");
        Assert.Equal(0, process.ExitCode);
    }

    private string ImageFile => _folder.File("disk.rki");

    /// <summary>The image of a disk with the volume in its first partition.</summary>
    /// <returns>Of every file its digest.</returns>
    private SortedDictionary<string, string> Image(MatrixVolume volume)
    {
        var original = _folder.File("original");
        volume.Make(original, _folder.Folder("making"), 3);
        var digests = volume.Digests(original, _folder.Folder("digesting"));
        Must("image", "create", MatrixDisk.Around(original, _folder.File("disk")), ImageFile);
        File.Delete(_folder.File("disk"));
        return digests;
    }

    /// <summary>Of every file and folder: kind, mode, owners, links, size, time.</summary>
    private static IEnumerable<string> Properties(string folder) =>
        Tool.Must("find", folder, "-mindepth", "1", "-not", "-name", "lost+found", "-printf", "%P\t%y\t%m\t%U\t%G\t%n\t%s\t%T@\t%l\n").Output.Split('\n').Where(line => !line.Contains("\td\t", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static void RemoveLinks(params SortedDictionary<string, string>[] all)
    {
        foreach (var digests in all)
            foreach (var link in digests.Keys.Where(path => path.EndsWith(".symlink", StringComparison.Ordinal)).ToList()) digests.Remove(link);
    }

    private void AllowNobody(string folder)
    {
        Tool.Must("chmod", "a+rx", _folder.FullPath);
        Tool.Must("chmod", "a+r", ImageFile);
        Tool.Must("chown", "nobody", folder, _temporary);
    }

    private ToolResult AsNobody(params string[] arguments) => Tool.Run(new ToolRequest("setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", MatrixProgram.Path, .. arguments])
    {
        Environment = new Dictionary<string, string> { ["TMPDIR"] = _temporary },
    });

    private ToolResult Run(params string[] arguments) =>
        Tool.Run(new ToolRequest(MatrixProgram.Path, arguments) { Environment = new Dictionary<string, string> { ["TMPDIR"] = _temporary } });

    private string Must(params string[] arguments)
    {
        var result = Run(arguments);
        Assert.True(result.Ok, result.Everything);
        return result.Output;
    }
}
