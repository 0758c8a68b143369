using System.Text.Json;
using RescueKit.Disks;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Faults;

/// <summary>The executable refuses targets that must not be written to: exit code 4, with and without --dry-run, and not one byte changed.</summary>
public sealed class TargetRefusalTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Stack<IDisposable> _open = new();
    private readonly RealDisk _disk;
    private readonly string _image;

    public TargetRefusalTests()
    {
        _disk = RealDisk.SmallGpt(_folder.Folder("disk"));
        _image = _folder.File("disk.rki");
        MatrixProgram.Must("image", "create", _disk.Path, _image, "--quiet");
    }

    public void Dispose()
    {
        while (_open.TryPop(out var open)) open.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_mounted_disk()
    {
        var file = MatrixDisk.OfRandomBytes(_folder.File("target"), 64 << 20, 1);
        Tool.Must("mkfs.ext4", "-q", "-F", file);
        var loop = Attach(file);
        using var mount = new MountedDisk(loop.Path, _folder.Folder("mnt"), readOnly: true); // or mounting itself would write
        MustRefuse(loop.Path, file, "mounted at");
    }

    [Fact]
    public void The_disk_of_the_running_system()
    {
        // Only ever asked about, and refused before the confirmation is looked at, which is never the right one here.
        var system = DiskInventory.List().FirstOrDefault(d => d.IsSystemDisk);
        Assert.True(system is not null, "the disk of the running system is not found");
        foreach (var arguments in (string[][])[["image", "restore", _image, system.Path], ["clone", _disk.Path, system.Path]])
        {
            foreach (var options in (string[][])[["--dry-run"], ["--confirm", "not its id"]])
            {
                var refused = MatrixProgram.Run([.. arguments, .. options, "--json"]);
                Assert.Equal(4, refused.ExitCode);
                Assert.Matches("holds the running system|the image .* lies on", refused.Error);
            }
        }
    }

    [Fact]
    public void One_that_is_too_small()
    {
        var file = MatrixDisk.OfRandomBytes(_folder.File("target"), _disk.Length - 512, 2);
        MustRefuse(file, file, $"{_disk.Length} are needed");
        MustRefuse(Attach(file).Path, file, $"{_disk.Length} are needed");
    }

    [Fact]
    public void One_with_sectors_of_another_size()
    {
        var file = MatrixDisk.OfRandomBytes(_folder.File("target"), 2 * _disk.Length, 3);
        MustRefuse(Attach(file, 4096).Path, file, "sectors of 4096 bytes");
    }

    [Fact]
    public void The_source_itself_by_whatever_name()
    {
        Tool.Must("ln", _disk.Path, _folder.File("hard"));
        Tool.Must("ln", "-s", _disk.Path, _folder.File("symbolic"));
        var before = MatrixDisk.Digest(_disk.Path);
        foreach (var name in (string[])[_disk.Path, _folder.File("hard"), _folder.File("symbolic")])
        {
            Refused("is the source itself", "clone", _disk.Path, name, "--confirm", Path.GetFileName(name));
            Refused("is the source itself", "clone", name, _disk.Path, "--dry-run");
        }
        var loop = Attach(_disk.Path);
        Refused("attached to", "clone", _disk.Path, loop.Path, "--confirm", loop.Name);
        Refused("attached to", "clone", loop.Path, _disk.Path, "--confirm", Path.GetFileName(_disk.Path));
        Refused("is the source itself", "clone", loop.Path, loop.Path, "--confirm", loop.Name);
        Assert.Equal(before, MatrixDisk.Digest(_disk.Path));
    }

    [Fact]
    public void The_image_itself_and_the_disk_that_holds_it()
    {
        MatrixProgram.Must("image", "create", _disk.Path, _folder.File("parts.rki"), "--quiet", "--split", "2M", "--codec", "none");
        var part = Directory.GetFiles(_folder.FullPath, "parts.rki.*").First(f => !f.EndsWith(".json", StringComparison.Ordinal));
        Tool.Must("ln", part, _folder.File("hard"));
        var before = MatrixDisk.Digest(part);
        foreach (var target in (string[])[_folder.File("parts.rki"), part, _folder.File("hard")])
            Refused("lies on", "image", "restore", _folder.File("parts.rki"), target, "--confirm", Path.GetFileName(target));
        Assert.Equal(before, MatrixDisk.Digest(part));

        var file = SparseFile.Create(_folder.File("stick"), 128 << 20);
        Tool.Must("mkfs.ext4", "-q", "-F", file);
        var loop = Attach(file);
        using var mount = new MountedDisk(loop.Path, _folder.Folder("mnt"), readOnly: false);
        var image = Path.Combine(mount.Folder, "disk.rki");
        File.Copy(_image, image);
        Tool.Must("sync", "-f", image);
        Refused("lies on", "image", "restore", image, loop.Path, "--confirm", loop.Name);
        Refused("lies on", "image", "restore", image, file, "--confirm", "stick");
        Refused("lies on", "image", "create", loop.Path, Path.Combine(mount.Folder, "other.rki"));
        Assert.False(File.Exists(Path.Combine(mount.Folder, "other.rki")));
        MatrixProgram.Must("image", "verify", image, "--quiet");
    }

    /// <summary>Restore and clone onto a target, each as a plan and confirmed.</summary>
    private void MustRefuse(string target, string file, string why)
    {
        var before = MatrixDisk.Digest(file);
        var id = MatrixProgram.Json("disk", "show", target).GetProperty("confirm_id").GetString()!;
        foreach (var options in (string[][])[["--dry-run"], ["--confirm", id]])
        {
            Refused(why, ["image", "restore", _image, target, .. options]);
            Refused(why, ["clone", _disk.Path, target, .. options]);
        }
        Tool.Run("blockdev", "--flushbufs", target);
        Assert.Equal(before, MatrixDisk.Digest(file));
    }

    private static void Refused(string why, params string[] arguments)
    {
        var refused = MatrixProgram.Run([.. arguments, "--json"]);
        Assert.True(refused.ExitCode == 4, refused.Everything);
        using var error = JsonDocument.Parse(refused.Output);
        Assert.Equal("safety", error.RootElement.GetProperty("kind").GetString());
        Assert.Contains(why, error.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private LoopDevice Attach(string path, int sectorSize = 512)
    {
        var loop = new LoopDevice(path, sectorSize);
        _open.Push(loop);
        return loop;
    }
}
