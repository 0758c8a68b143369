using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Disk files made of images, as the program says that reads them.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("raw", "disk.img")]
    [InlineData("qcow2", "disk.qcow2", "--compress")]
    [InlineData("vmdk", "disk.vmdk")]
    [InlineData("vhdx", "disk.vhdx")]
    public void They_hold_the_disk(string format, string name, params string[] options)
    {
        var (disk, image, made) = (MakeDisk(), _folder.File("disk.rki"), _folder.File(name));
        Must("image", "create", disk, image, "--all-blocks");
        Must(["image", "export", image, made, "--verify", .. options]);
        using var info = JsonDocument.Parse(Tool.Must("qemu-img", "info", "--output", "json", made).Output);
        Assert.Equal(format, info.RootElement.GetProperty("format").GetString());
        Tool.Must("qemu-img", "compare", "-f", "raw", "-F", format, disk, made);
        Assert.Equal(4, Rescuekit.Run("image", "export", image, made).ExitCode);
        Assert.Equal(2, Rescuekit.Run("image", "export", image, _folder.File("disk.unknown")).ExitCode);
        Assert.Equal(new[] { "disk", "disk.rki", "disk.rki.receipt.json", name }.Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(_folder.FullPath).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("disk.qcow2")]
    [InlineData("disk.vhdx")]
    public void A_virtual_machines_disk_becomes_an_image_of_the_disk_in_it(string name)
    {
        var (disk, image, made) = (MakeDisk(), _folder.File("disk.rki"), _folder.File(name));
        Must("image", "create", disk, image, "--all-blocks");
        Must("image", "export", image, made);
        Must("image", "create", made, _folder.File("again.rki"), "--all-blocks", "--verify");
        Must("image", "export", _folder.File("again.rki"), _folder.File("again.raw"));
        Tool.Must("cmp", disk, _folder.File("again.raw"));
        using var shown = JsonDocument.Parse(Rescuekit.Run("disk", "show", made, "--json").Output);
        Assert.Equal(new FileInfo(disk).Length, shown.RootElement.GetProperty("length").GetInt64());
    }

    [Fact]
    public void What_is_damaged_makes_no_file_unless_it_is_wanted_with_zeros()
    {
        var (disk, image, made) = (MakeDisk(), _folder.File("disk.rki"), _folder.File("disk.qcow2"));
        Must("image", "create", disk, image, "--codec", "none", "--all-blocks");
        var bytes = File.ReadAllBytes(image);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(image, bytes);
        var failed = Rescuekit.Run("image", "export", image, made);
        Assert.True(failed.ExitCode == 3, failed.Everything);
        Assert.Contains("--on-damage skip", failed.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(made));
        var lost = Rescuekit.Run("image", "export", image, made, "--on-damage", "skip");
        Assert.True(lost.ExitCode == 5, lost.Everything);
        Tool.Must("qemu-img", "check", made);
    }

    private string MakeDisk()
    {
        var disk = _folder.File("disk");
        File.WriteAllBytes(disk, [.. new byte[1 << 20], .. Corpus.Content(new Random(3), 5 << 20), .. new byte[3 << 20]]);
        return disk;
    }

    private static void Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
    }
}
