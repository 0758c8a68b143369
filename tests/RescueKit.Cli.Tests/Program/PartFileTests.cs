using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Part files on a real file system: limits of their size, and runs that want the same ones.</summary>
public sealed class PartFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Under_a_limit_of_file_size_an_image_splits_by_itself()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        // The runtime's own mapping of code is a large file, too, unless it is told to do without.
        var made = Rescuekit.Shell($"ulimit -f 2048; export DOTNET_EnableWriteXorExecute=0; \"$R\" image create {disk} {image} --codec none");
        Assert.True(made.Ok, made.Everything);
        var parts = Directory.GetFiles(_folder.FullPath, "disk.rki*").Where(file => !file.EndsWith(".json", StringComparison.Ordinal)).ToList();
        Assert.InRange(parts.Count, 3, 99);
        Assert.All(parts, part => Assert.InRange(new FileInfo(part).Length, 1, 2 << 20));
        var verified = Rescuekit.Run("image", "verify", image);
        Assert.True(verified.Ok, verified.Everything);
    }

    [Fact]
    public void An_image_that_another_run_works_on_is_not_gone_on_with()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        var made = Rescuekit.Shell($"\"$R\" image create {disk} {image} --split 2M && truncate -s -9000 $(ls {image}.0* | tail -n 1)");
        Assert.True(made.Ok, made.Everything);
        // Whoever writes to an image holds its first part, whichever part it has come to.
        var refused = Rescuekit.Shell($"exec 9<>{image}; flock 9; \"$R\" image create {disk} {image} --split 2M --resume");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("in use", refused.Error, StringComparison.Ordinal);
        var resumed = Rescuekit.Shell($"\"$R\" image create {disk} {image} --split 2M --resume && \"$R\" image verify {image}");
        Assert.True(resumed.Ok, resumed.Everything);
    }
}
