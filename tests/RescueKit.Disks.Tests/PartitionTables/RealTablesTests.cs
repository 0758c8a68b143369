using RescueKit.Disks.PartitionTables;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>Tables made by sgdisk, sfdisk and parted; what sfdisk reads is the oracle.</summary>
public sealed class RealTablesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gpt_made_by_sgdisk()
    {
        var path = SparseFile.Create(_folder.File("disk"), 64 << 20);
        Tool.Must("sgdisk", "-n", "1:2048:+8M", "-t", "1:ef00", "-c", "1:EFI ✓", "-n", "2:0:+20M", "-t", "2:8300", "-n", "5:0:0", "-t", "5:0700", path);
        var layout = Read(path);
        Assert.Equal(PartitionTableKind.Gpt, layout.Kind);
        Assert.Empty(layout.Warnings);
        Assert.Equal([1, 2, 5], layout.Partitions.Select(p => p.Number));
        Assert.Equal("EFI ✓", layout.Partitions[0].Name);
        Assert.Equal("EFI system", layout.Partitions[0].TypeName);
        Assert.Equal(SfdiskDump.Read(path).Partitions, SfdiskDump.Of(layout));
        Assert.Equal(ExtentSet.Of(new Extent(0, 34 * 512), new Extent((64 << 20) - 33 * 512, 33 * 512)), layout.TableAreas);
    }

    [Fact]
    public void Mbr_with_logical_partitions_made_by_sfdisk()
    {
        var path = SparseFile.Create(_folder.File("disk"), 64 << 20);
        Tool.Must(new ToolRequest("sfdisk", [path]) { Input = "label: dos\nlabel-id: 0x1234abcd\nsize=4M,type=83,bootable\nsize=4M,type=7\ntype=5\nsize=3M,type=83\nsize=5M,type=82\nsize=1M,type=c\n" });
        var layout = Read(path);
        Assert.Equal(PartitionTableKind.Mbr, layout.Kind);
        Assert.Equal("1234abcd", layout.DiskId);
        Assert.Empty(layout.Warnings);
        Assert.Equal([1, 2, 5, 6, 7], layout.Partitions.Select(p => p.Number));
        Assert.Equal(SfdiskDump.Read(path).WithoutContainers, SfdiskDump.Of(layout));
        Assert.Equal(4, layout.TableAreas.Count);
    }

    private static DiskLayout Read(string path)
    {
        using var disk = BlockDevices.OpenSource(path);
        return PartitionTableReader.Read(disk);
    }
}
