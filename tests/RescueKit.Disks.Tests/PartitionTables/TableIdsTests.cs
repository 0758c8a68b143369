using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.PartitionTables.Mbr;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>Tables with other ids, judged by sgdisk, sfdisk and fdisk.</summary>
public sealed class TableIdsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_gpt_differs_in_its_ids_alone(int times)
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        var (before, ids) = Change(path, times);
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", path).Output, StringComparison.Ordinal);
        Assert.Contains("No errors detected", Tool.Must("sfdisk", "--verify", path).Output, StringComparison.Ordinal);
        using var disk = BlockDevices.OpenSource(path);
        var after = PartitionTableReader.Read(disk);
        Assert.Equal(before.Partitions.Select(p => p with { Id = ids.Partitions[p.Number] }), after.Partitions);
        Assert.Equal(ids.Disk, after.DiskId);
        Assert.Empty(before.Partitions.Select(p => p.Id!).Append(before.DiskId!).Intersect(ids.Partitions.Values.Append(ids.Disk!)));
        var said = Tool.Must("sfdisk", "--dump", path).Output;
        Assert.All(ids.Partitions.Values.Append(ids.Disk!), id => Assert.Contains(id, said, StringComparison.OrdinalIgnoreCase));
        Assert.Empty(after.Warnings);
    }

    [Fact]
    public void Sectors_of_4096_bytes_pass_fdisk()
    {
        var path = TableDisks.Gpt4096(_folder.File("disk"));
        var (_, ids) = Change(path, 1);
        var said = Tool.Run(new ToolRequest("fdisk", ["-b", "4096", path]) { Input = "v\np\nq\n" }).Everything;
        Assert.Contains("No errors detected", said, StringComparison.Ordinal);
        Assert.DoesNotContain("corrupt", said, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(ids.Disk!, said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void An_mbr_differs_in_four_bytes()
    {
        var path = TableDisks.Mbr(_folder.File("disk"));
        var before = File.ReadAllBytes(path);
        var (_, ids) = Change(path, 1);
        Assert.Contains($"label-id: 0x{ids.Disk}", Tool.Must("sfdisk", "--dump", path).Output, StringComparison.Ordinal);
        var after = File.ReadAllBytes(path);
        Assert.All(Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]), i => Assert.InRange(i, 440, 443));
        Assert.Empty(ids.Partitions);
    }

    [Fact]
    public void An_mbr_without_an_id_gets_none()
    {
        var path = TableDisks.Mbr(_folder.File("disk"));
        using (var file = File.OpenWrite(path))
        {
            file.Position = 440;
            file.Write(new byte[4]);
        }
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        Assert.Empty(MbrDiskId.Patches(disk, layout, TableIds.Another(layout)));
    }

    private static (DiskLayout Before, TableIds Ids) Change(string path, int times)
    {
        var (before, ids, patches) = Plan(path, times);
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(file.Length * times);
        using var target = BlockDevices.OpenTarget(path);
        foreach (var patch in patches) target.Write(patch.Offset, patch.Bytes.Span);
        return (before, ids);
    }

    private static (DiskLayout Before, TableIds Ids, IReadOnlyList<BlockPatch> Patches) Plan(string path, int times)
    {
        using var disk = BlockDevices.OpenSource(path);
        var before = PartitionTableReader.Read(disk);
        var ids = TableIds.Another(before);
        return (before, ids, [.. GptRelocation.Patches(disk, before, disk.Length * times, ids), .. MbrDiskId.Patches(disk, before, ids)]);
    }
}
