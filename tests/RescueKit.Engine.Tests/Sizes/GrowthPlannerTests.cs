using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Sizes;
using RescueKit.Engine.Transfers;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Sizes;

public class GrowthPlannerTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(PartitionTableKind.Gpt, 300, 299)]
    [InlineData(PartitionTableKind.Mbr, 300, 300)]
    [InlineData(PartitionTableKind.Mbr, 3 << 20, (2 << 20) - 1)]
    public void The_last_one_grows_to_the_end_of_what_the_table_can_use(PartitionTableKind table, long length, long end)
    {
        var growth = Planner(table, (1, 1, 10, "ext4"), (2, 20, 30, "NTFS")).Plan(null, "/dev/x", length * MiB);
        Assert.Equal((2, "NTFS", 20 * MiB, end * MiB), (growth!.Partition, growth.FileSystem, growth.From.Offset, growth.NewEnd));
    }

    [Fact]
    public void One_that_ends_at_the_end_of_the_disk_stays() => Assert.Null(Planner(PartitionTableKind.Mbr, (1, 1, 99, "ext4")).Plan(1, "/dev/x", 100 * MiB));

    /// <summary>Nothing but a table wants ends that are aligned.</summary>
    [Fact]
    public void A_file_system_without_a_table_grows_to_the_last_byte() =>
        Assert.Equal(300 * MiB + 512, Planner(PartitionTableKind.None, [], (0, 0, 100, "ext4")).Plan(null, "/dev/x", 300 * MiB + 512)!.NewEnd);

    [Fact]
    public void What_is_in_the_way_is_named()
    {
        var planner = Planner(PartitionTableKind.Gpt, (1, 1, 10, "ext4"), (2, 20, 30, "swap"));
        var refused = Assert.Throws<SafetyException>(() => planner.Plan(1, "/dev/x", 300 * MiB));
        Assert.Contains("partition 2 (swap, 31457280 bytes)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("make an image", refused.Remedy, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => planner.Plan(3, "/dev/x", 300 * MiB));
        Assert.Throws<UsageException>(() => planner.Plan(2, "/dev/x", null));
    }

    /// <summary>Which has been moved: the next partition, or the boot record of a logical one.</summary>
    [Fact]
    public void One_with_room_behind_it_grows_up_to_what_is_there()
    {
        Assert.Equal(200 * MiB, Planner(PartitionTableKind.Gpt, (1, 1, 10, "ext4"), (2, 200, 30, "swap")).Plan(1, "/dev/x", 300 * MiB, hasRoom: true)!.NewEnd);
        Assert.Equal(199 * MiB, Planner(PartitionTableKind.Mbr, [new Extent(0, 512), new Extent(199 * MiB + 512, 512)], (1, 1, 10, "ext4"), (5, 200, 30, "swap")).Plan(1, "/dev/x", 300 * MiB, hasRoom: true)!.NewEnd);
        Assert.Null(Planner(PartitionTableKind.Gpt, (1, 1, 10, "ext4"), (2, 11, 30, "swap")).Plan(1, "/dev/x", 300 * MiB, hasRoom: true));
    }

    [Fact]
    public void An_empty_extended_partition_is_in_the_way_too()
    {
        var planner = Planner(PartitionTableKind.Mbr, [new Extent(0, 512), new Extent(50 * MiB, 512)], (1, 1, 10, "ext4"));
        Assert.Contains("extended", Assert.Throws<SafetyException>(() => planner.Plan(1, "/dev/x", 300 * MiB)).Message, StringComparison.Ordinal);
    }

    /// <summary>What the table's reader left out is on the target's table as on the source's, and right again where the disk is large enough.</summary>
    [Fact]
    public void A_partition_that_the_smaller_disk_cut_off_is_in_the_way_too()
    {
        var disk = MemoryDisk.FromBytes(new byte[100 * MiB]);
        disk.Write(446, Entry(1, 49));
        disk.Write(462, Entry(60, 140));
        disk.Write(510, [0x55, 0xAA]);
        var layout = PartitionTableReader.Read(disk);
        var only = Assert.Single(layout.Partitions);
        var planner = new GrowthPlanner(layout, [new TransferVolume(1, only.Extent, "0x83", "ext4", null, 0, false, null, null, true, false)], disk.Length);
        foreach (var partition in new int?[] { null, 1 })
        {
            var refused = Assert.Throws<SafetyException>(() => planner.Plan(partition, "/dev/x", 300 * MiB));
            Assert.Contains("Partition 2", refused.Message, StringComparison.Ordinal);
            Assert.Contains("without --grow", refused.Remedy, StringComparison.Ordinal);
        }

        static byte[] Entry(uint start, uint length)
        {
            var entry = new byte[16];
            entry[4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), start * 2048);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(12), length * 2048);
            return entry;
        }
    }

    private static GrowthPlanner Planner(PartitionTableKind table, params (int Number, long Start, long Length, string FileSystem)[] volumes) =>
        Planner(table, [new Extent(0, 512)], volumes);

    private static GrowthPlanner Planner(PartitionTableKind table, Extent[] areas, params (int Number, long Start, long Length, string FileSystem)[] volumes) => new(
        new DiskLayout
        {
            Kind = table,
            SectorSize = 512,
            Partitions = [.. volumes.Select(v => new Partition(v.Number, new Extent(v.Start * MiB, v.Length * MiB), "0x83"))],
            TableAreas = ExtentSet.From(areas),
        },
        [.. volumes.Select(v => new TransferVolume(v.Number, new Extent(v.Start * MiB, v.Length * MiB), "0x83", v.FileSystem, null, 0, false, null, null, true, false))],
        100 * MiB);
}
