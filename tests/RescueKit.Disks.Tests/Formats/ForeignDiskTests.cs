using RescueKit.Disks.Formats;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Formats;

public sealed class Qcow2DiskContract : BlockSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private int _count;

    public void Dispose() => _folder.Dispose();

    protected override IBlockSource CreateSource(byte[] content) => BlockDevices.OpenDisk(ForeignDiskTests.Make(_folder, $"disk{_count++}.qcow2", "qcow2", content));
}

/// <summary>Disk files of virtual machines, as the programs that run those make them.</summary>
public sealed class ForeignDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly byte[] _content = [.. Corpus.Content(new Random(5), 3 << 20), .. new byte[64 << 20], .. Corpus.Content(new Random(6), 1 << 20)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("disk.qcow2", "qcow2", "")]
    [InlineData("disk.vmdk", "vmdk", "")]
    [InlineData("disk.vmdk", "vmdk", "subformat=streamOptimized")]
    [InlineData("disk.vhdx", "vhdx", "")]
    [InlineData("disk.VHD", "vpc", "force_size=on")]
    [InlineData("disk.vhd", "vpc", "subformat=fixed,force_size=on")]
    [InlineData("disk.vdi", "vdi", "")]
    public void The_disk_in_it_is_opened_and_its_holes_are_known(string name, string driver, string options)
    {
        using var disk = BlockDevices.OpenDisk(Make(_folder, name, driver, _content, options));
        Assert.Equal((_content.Length, $"{driver} file"), (disk.Length, disk.Geometry.Identity.Model));
        var read = new byte[disk.Length];
        disk.Read(0, read);
        Assert.Equal(_content, read);
        var all = new Extent(0, disk.Length);
        var data = disk.DataIn(all);
        foreach (var hole in data.ComplementIn(all)) Assert.False(read.AsSpan((int)hole.Offset, (int)hole.Length).ContainsAnyExcept((byte)0), $"{hole} holds data");
        if (driver != "vhdx") Assert.InRange(data.TotalLength, 1, 40 << 20); // of that one QEMU cannot tell
    }

    [Fact]
    public void Name_and_first_bytes_have_to_agree()
    {
        var made = Make(_folder, "disk.qcow2", "qcow2", _content);
        File.Copy(made, _folder.File("disk"));
        File.WriteAllBytes(_folder.File("raw.qcow2"), _content);
        foreach (var path in (string[])[_folder.File("disk"), _folder.File("raw.qcow2")])
        {
            using var disk = BlockDevices.OpenDisk(path);
            Assert.Equal(new FileInfo(path).Length, disk.Length);
            Assert.Null(DiskFormats.Of(path));
        }
    }

    [Fact]
    public void A_damaged_one_is_said_to_be_one()
    {
        var path = Make(_folder, "disk.qcow2", "qcow2", _content);
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(8, 60).Fill(0xee);
        File.WriteAllBytes(path, bytes);
        Assert.Contains(path, Assert.Throws<DeviceException>(() => BlockDevices.OpenDisk(path)).Message, StringComparison.Ordinal);
    }

    internal static string Make(TempFolder folder, string name, string driver, byte[] content, string options = "")
    {
        var (raw, path) = (folder.File(name + ".raw"), folder.File(name));
        File.WriteAllBytes(raw, content);
        Tool.Must("qemu-img", ["convert", "-f", "raw", "-O", driver, .. options.Length > 0 ? (string[])["-o", options] : [], raw, path]);
        File.Delete(raw);
        return path;
    }
}
