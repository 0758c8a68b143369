using System.Text.Json;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Faults;

/// <summary>The executable where there is no room or no permission: exit code 1, nothing lost, and nothing that looks done.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Nobody = 65534;
    private readonly TempFolder _folder = new();
    private readonly RealDisk _disk;

    public FullDiskTests() => _disk = RealDisk.SmallGpt(_folder.Folder("disk"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    public void A_backup_onto_a_full_disk_goes_on_when_there_is_room(int room)
    {
        using var full = new MountedDisk(_folder.Folder("full"), Math.Max(room, 4096));
        if (room == 0) File.WriteAllBytes(Path.Combine(full.Folder, "filler"), new byte[4096]);
        var image = Path.Combine(full.Folder, "disk.rki");
        var failed = MatrixProgram.Run("image", "create", _disk.Path, image, "--codec", "none", "--json", "--quiet");
        Assert.Equal((1, "no_space"), (failed.ExitCode, Kind(failed)));
        if (File.Exists(image)) Assert.Equal(3, MatrixProgram.Run("image", "verify", image, "--quiet").ExitCode);
        full.Grow(64 << 20);
        MatrixProgram.Must(["image", "create", _disk.Path, image, "--codec", "none", "--quiet", "--verify", .. File.Exists(image) ? (string[])["--resume"] : []]);
        MatrixProgram.Must("image", "restore", image, _folder.File("back.raw"), "--quiet");
        _disk.MustEqual(_folder.File("back.raw"));
    }

    [Fact]
    public void A_restore_into_a_file_on_a_full_disk_leaves_nothing_that_mounts()
    {
        var image = _folder.File("disk.rki");
        MatrixProgram.Must("image", "create", _disk.Path, image, "--quiet");
        using var full = new MountedDisk(_folder.Folder("full"), 1 << 20);
        var target = Path.Combine(full.Folder, "disk.raw");
        var failed = MatrixProgram.Run("image", "restore", image, target, "--json", "--quiet");
        Assert.Equal((1, "no_space"), (failed.ExitCode, Kind(failed)));
        Assert.NotEqual(0, Tool.Run("blkid", "-p", target).ExitCode);
        full.Grow(64 << 20);
        MatrixProgram.Must("image", "restore", image, target, "--confirm", "disk.raw", "--quiet", "--verify");
        _disk.MustEqual(target);
    }

    [Fact]
    public void Without_permission_nothing_is_begun()
    {
        var open = _folder.Folder("open");
        var image = _folder.File("disk.rki");
        MatrixProgram.Must("image", "create", _disk.Path, image, "--quiet");
        var closed = MatrixDisk.OfRandomBytes(_folder.File("closed.raw"), _disk.Length, 4);
        var before = MatrixDisk.Digest(closed);
        Tool.Must("chmod", "755", _folder.FullPath);
        Tool.Must("chmod", "777", open);
        Tool.Must("chmod", "600", _disk.Path);
        Tool.Must("chmod", "644", image, closed);
        MustFail("image", "create", _disk.Path, Path.Combine(open, "a.rki"));
        MustFail("image", "create", closed, _folder.File("b.rki"));
        MustRefuseOrFail("image", "restore", image, closed, "--confirm", "closed.raw");
        MustFail("image", "restore", image, _folder.File("new.raw"));
        MustFail("clone", _disk.Path, Path.Combine(open, "c.raw"));
        Tool.Must("chmod", "600", image);
        MustFail("image", "verify", image);
        MustFail("image", "restore", image, Path.Combine(open, "d.raw"));
        Assert.Empty(Directory.GetFileSystemEntries(open));
        Assert.False(File.Exists(_folder.File("b.rki")) || File.Exists(_folder.File("new.raw")));
        Assert.Equal(before, MatrixDisk.Digest(closed));
    }

    private static ToolResult AsNobody(string[] arguments) => Tool.Run("setpriv",
        [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", MatrixProgram.Path, .. arguments, "--json", "--quiet"]);

    private static void MustFail(params string[] arguments)
    {
        var failed = AsNobody(arguments);
        Assert.True(failed.ExitCode == 1, failed.Everything);
        Assert.Contains("ermission denied", failed.Error, StringComparison.Ordinal);
    }

    /// <summary>A target that may be read and not written is write-protected.</summary>
    private static void MustRefuseOrFail(params string[] arguments)
    {
        var failed = AsNobody(arguments);
        Assert.True(failed.ExitCode is 1 or 4, failed.Everything);
    }

    private static string? Kind(ToolResult result)
    {
        using var error = JsonDocument.Parse(result.Output);
        return error.RootElement.GetProperty("kind").GetString();
    }
}
