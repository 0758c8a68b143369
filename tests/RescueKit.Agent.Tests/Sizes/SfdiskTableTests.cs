using RescueKit.Agent.Sizes;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Engine.Sizes;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Sizes;

public class SfdiskTableTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData("/dev/sda", "/dev/sda12")]
    [InlineData("/dev/nvme0n1", "/dev/nvme0n1p12")]
    [InlineData("/images/disk7", "/images/disk7p12")]
    [InlineData("/dev/disk/by-id/ata-DISK_5", "/dev/disk/by-id/ata-DISK_5-part12")]
    [InlineData("/dev/disk/by-path/pci-0000:00:17.0-ata-1", "/dev/disk/by-path/pci-0000:00:17.0-ata-1-part12")]
    [InlineData("/dev/mapper/mpatha", "/dev/mapper/mpatha-part12")]
    [InlineData("/dev/dm-0", "/dev/mapper/mpatha12")]
    public void The_number_is_what_a_name_ends_with(string disk, string node) =>
        Assert.Equal(12, Assert.Single(new SfdiskTable(Tools((node, 1, 10, "83")), disk).Entries).Number);

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("{}")]
    [InlineData("""{"partitiontable": {"sectorsize": "none"}}""")]
    [InlineData("""{"partitiontable": {"sectorsize": 512, "partitions": [{"node": "/dev/sda", "start": 1, "size": 1, "type": "83"}]}}""")]
    [InlineData("""{"partitiontable": {"sectorsize": 512, "partitions": [{"node": "/dev/sda99999999999", "start": 1, "size": 1, "type": "83"}]}}""")]
    [InlineData("""{"partitiontable": {"sectorsize": 512, "partitions": [{"node": "/dev/sda1", "start": -1, "size": 1, "type": "83"}]}}""")]
    [InlineData("""{"partitiontable": {"sectorsize": 512, "partitions": [{"node": null, "start": 1, "size": 1, "type": "83"}]}}""")]
    public void What_is_not_understood_is_an_error_that_names_the_disk(string said)
    {
        var error = Assert.Throws<DeviceException>(() => new SfdiskTable(new FakeTools().On("sfdisk --json", said), "/dev/sda"));
        Assert.Contains("/dev/sda", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 200, false)]
    [InlineData(1, 60, true)]
    [InlineData(5, 200, false)]
    [InlineData(5, 155, true)]
    [InlineData(6, 300, true)]
    public void Nothing_is_made_longer_over_another_entry(int number, long end, bool isPossible)
    {
        // As an MBR is on a disk that is larger again: sfdisk's own --partno would let the entries overlap.
        var tools = Tools(("/dev/sda1", 1, 49, "83"), ("/dev/sda2", 60, 140, "83"), ("/dev/sda3", 40 + 160, 40, "5"), ("/dev/sda5", 201, 9, "83"), ("/dev/sda6", 211, 9, "83"));
        if (number == 5) end += 56;
        var table = new SfdiskTable(tools, "/dev/sda");
        var from = table.Entries.First(e => e.Number == number).Extent;
        if (isPossible)
        {
            table.Lengthen(number, from, end * MiB);
            Assert.Contains(tools.Lines, line => line.Contains($"--partno {number} ", StringComparison.Ordinal));
            return;
        }
        Assert.Contains("lies behind it", Assert.Throws<SafetyException>(() => table.Lengthen(number, from, end * MiB)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(tools.Lines, line => line.Contains("--partno", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tools_get_a_disk_by_its_own_name()
    {
        using var folder = new TempFolder();
        var (disk, link) = (SparseFile.Create(folder.File("disk"), MiB), folder.File("by-id"));
        File.CreateSymbolicLink(link, disk);
        var tools = new FakeTools().On("sfdisk", exitCode: 1, error: "no table");
        Assert.Throws<DeviceException>(() => new DiskGrower(tools).Grow(new Growth(link, 1, PartitionTableKind.Mbr, 512, "ext4", new Extent(0, 1), 2), _ => { }, default));
        Assert.Equal([$"sfdisk --json {disk}"], tools.Lines);
    }

    private static FakeTools Tools(params (string Node, long Start, long Length, string Type)[] entries)
    {
        var partitions = entries.Select(e => $$"""{"node": "{{e.Node}}", "start": {{e.Start * 2048}}, "size": {{e.Length * 2048}}, "type": "{{e.Type}}"}""");
        return new FakeTools().On("sfdisk --json", $$"""{"partitiontable": {"sectorsize": 512, "partitions": [{{string.Join(", ", partitions)}}] } }""");
    }
}
