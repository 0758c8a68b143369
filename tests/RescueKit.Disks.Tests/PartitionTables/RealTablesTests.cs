using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.PartitionTables.Gpt;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>Tables made by sgdisk, sfdisk, fdisk and parted; what sfdisk reads is the oracle.</summary>
public sealed class RealTablesTests : IDisposable
{
    private const long Length = TableDisks.Length;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gpt_made_by_sgdisk()
    {
        var layout = ReadLikeSfdisk(TableDisks.Gpt(_folder.File("disk")));
        Assert.Equal(PartitionTableKind.Gpt, layout.Kind);
        Assert.Empty(layout.Warnings);
        Assert.Equal([1, 2, 5], layout.Partitions.Select(p => p.Number));
        Assert.Equal(("EFI ✓", "EFI system"), (layout.Partitions[0].Name, layout.Partitions[0].TypeName));
        Assert.Equal(4u, layout.Partitions[2].Attributes);
        Assert.Equal(ExtentSet.Of(new Extent(0, 34 * 512), new Extent(Length - 33 * 512, 33 * 512)), layout.TableAreas);
        var info = Tool.Must("sgdisk", "-p", "-i", "2", _folder.File("disk")).Output;
        Assert.Contains(layout.DiskId!, info, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(layout.Partitions[1].Id!, info, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Gpt_of_4096_byte_sectors_made_by_fdisk()
    {
        var path = TableDisks.Gpt4096(_folder.File("disk"));
        var layout = Read(path);
        Assert.Equal((PartitionTableKind.Gpt, 4096), (layout.Kind, layout.SectorSize));
        Assert.Empty(layout.Warnings);
        var listed = Tool.Must("fdisk", "-b", "4096", "-o", "Start,Sectors", "-l", path).Output.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length == 2 && long.TryParse(words[0], out _))
            .Select(words => new Extent(long.Parse(words[0]) * 4096, long.Parse(words[1]) * 4096));
        Assert.Equal(listed, layout.Partitions.Select(p => p.Extent));
        Assert.Equal(ExtentSet.Of(new Extent(0, 6 * 4096), new Extent(Length - 5 * 4096, 5 * 4096)), layout.TableAreas);
        Assert.Single(PartitionTableReader.Read(TableDisks.Load(path, 512)).Warnings); // a disk that says 512
        Assert.Empty(PartitionTableReader.Read(TableDisks.Load(path, 4096)).Warnings);
    }

    [Fact]
    public void Mbr_with_logical_partitions_made_by_sfdisk()
    {
        var layout = ReadLikeSfdisk(TableDisks.Mbr(_folder.File("disk")));
        Assert.Equal((PartitionTableKind.Mbr, "1234abcd"), (layout.Kind, layout.DiskId));
        Assert.Empty(layout.Warnings);
        Assert.Equal([1, 2, 5, 6, 7, 8], layout.Partitions.Select(p => p.Number));
        Assert.Equal(0x80u, layout.Partitions[0].Attributes);
        Assert.Equal(5, layout.TableAreas.Count); // the MBR and four EBRs
        Assert.All(layout.TableAreas, area => Assert.Equal(512, area.Length));
    }

    [Fact]
    public void Mbr_made_by_parted_with_logical_partitions_out_of_order()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("parted", "-s", path, "mklabel", "msdos", "mkpart", "primary", "1MiB", "5MiB", "mkpart", "extended", "10MiB", "60MiB",
            "mkpart", "logical", "30MiB", "35MiB", "mkpart", "logical", "11MiB", "15MiB", "mkpart", "logical", "50MiB", "55MiB", "rm", "5");
        Assert.Equal(3, ReadLikeSfdisk(path).Partitions.Count);
    }

    [Fact]
    public void An_active_entry_for_the_mbr_itself_makes_no_hybrid()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        using (var file = File.OpenWrite(path))
        {
            file.Position = 446 + 16;
            file.Write([0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]); // as xorriso's --mbr-force-bootable makes it
        }
        var layout = Read(path);
        Assert.Equal((PartitionTableKind.Gpt, 3), (layout.Kind, layout.Partitions.Count));
        Assert.Empty(layout.Warnings);
    }

    [Fact]
    public void Hybrid_mbr_yields_to_its_gpt()
    {
        var layout = Read(TableDisks.Hybrid(_folder.File("disk")));
        Assert.Equal(PartitionTableKind.Gpt, layout.Kind);
        Assert.Equal([1, 2, 5], layout.Partitions.Select(p => p.Number));
        Assert.Contains("hybrid", Assert.Single(layout.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512, 8)] // the primary header
    [InlineData(1024, 60)] // an entry of the primary array
    public void A_damaged_primary_is_replaced_by_the_backup_and_said(long offset, int inside)
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        var good = Read(path);
        var disk = TableDisks.Load(path);
        disk.Write(offset + inside, new byte[] { 0xff, 0xff });
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal(good.Partitions, layout.Partitions);
        Assert.Equal(good.TableAreas, layout.TableAreas);
        Assert.Contains("backup", Assert.Single(layout.Warnings), StringComparison.Ordinal);
    }

    /// <summary>
    /// A header that somebody wrote so is no damage for the backup to make good: with a last usable sector of 2^64-1 Linux goes by the
    /// backup and sgdisk by the primary. Of another revision no tool goes by it.
    /// </summary>
    [Theory]
    [InlineData(48, 0xFF)] // last usable sector
    [InlineData(50, 0x02)] // the same, just past the disk
    [InlineData(40, 0xFE)] // first usable sector, behind the last one
    [InlineData(8, 0x01)] // revision
    [InlineData(24, 0x02)] // its own sector
    public void A_header_with_a_right_checksum_and_senseless_fields_leaves_the_disk_whole(int field, byte value)
    {
        var disk = TableDisks.Load(TableDisks.Gpt(_folder.File("disk")));
        var header = new byte[92];
        disk.Read(512, header);
        header.AsSpan(field, field == 48 ? 8 : field == 40 ? 4 : 1).Fill(value);
        header.AsSpan(16, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Of(header));
        disk.Write(512, header);
        var layout = PartitionTableReader.Read(disk);
        Assert.Empty(layout.Partitions);
        Assert.Contains("which copy is meant", Assert.Single(layout.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_backup_is_found_where_the_primary_says_after_the_disk_grew()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(Length * 2);
        var layout = ReadLikeSfdisk(path);
        Assert.Contains("enlarged", Assert.Single(layout.Warnings), StringComparison.Ordinal);
        Assert.True(layout.TableAreas.Contains(new Extent(Length - 33 * 512, 33 * 512)));
    }

    [Fact]
    public void With_unreadable_sectors_at_the_front_the_backup_serves()
    {
        var disk = TableDisks.Load(TableDisks.Gpt(_folder.File("disk")));
        disk.Before = (kind, extent) =>
        {
            if (extent.Overlaps(new Extent(512, 512))) throw new BlockReadException("bad sector", extent);
        };
        Assert.Equal(3, PartitionTableReader.Read(disk).Partitions.Count);
        disk.Before = (kind, extent) => throw new BlockReadException("bad sector", extent);
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal(0, Assert.Single(layout.Partitions).Number);
        Assert.NotEmpty(layout.Warnings);
        disk.Before = (kind, extent) => throw new DeviceGoneException("unplugged");
        Assert.Throws<DeviceGoneException>(() => PartitionTableReader.Read(disk));
    }

    [Fact]
    public void A_gpt_survives_the_loss_of_its_protective_mbr_and_of_the_whole_front()
    {
        var disk = TableDisks.Load(TableDisks.Gpt(_folder.File("disk")));
        disk.WriteZeros(new Extent(0, 512));
        Assert.Equal(3, PartitionTableReader.Read(disk).Partitions.Count);
        disk.WriteZeros(new Extent(0, 1 << 20));
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal((PartitionTableKind.Gpt, 3), (layout.Kind, layout.Partitions.Count));
        Assert.Equal(2, layout.Warnings.Count);
        disk.Write(70_000, new byte[] { 1 });
        Assert.Equal(0, Assert.Single(PartitionTableReader.Read(disk).Partitions).Number); // something else lives there
    }

    [Fact]
    public void A_gpt_left_behind_by_an_mbr_tool_does_not_count()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        var stale = TableDisks.Load(path);
        var fresh = TableDisks.Load(TableDisks.Mbr(_folder.File("mbr")));
        var sector = new byte[512];
        fresh.Read(0, sector);
        stale.Write(0, sector);
        Assert.Equal(PartitionTableKind.Mbr, PartitionTableReader.Read(stale).Kind);
    }

    [Theory]
    [InlineData("mkfs.fat", "-F", "32")]
    [InlineData("mkfs.fat", "-F", "16")]
    [InlineData("mkfs.ntfs", "-F", "-Q")]
    [InlineData("mkfs.exfat")]
    [InlineData("mkfs.ext4", "-q", "-F")]
    [InlineData("mkfs.btrfs", "-q")]
    [InlineData("mkswap")]
    public void A_file_system_without_a_table_is_partition_0(string tool, params string[] options)
    {
        var path = SparseFile.Create(_folder.File("disk"), 256 << 20);
        Tool.Must(tool, [.. options, path]);
        var layout = Read(path);
        Assert.Equal(PartitionTableKind.None, layout.Kind);
        Assert.Equal((0, new Extent(0, 256 << 20), "none"), Assert.Single(layout.Partitions) is var p ? (p.Number, p.Extent, p.Type) : default);
    }

    [Fact]
    public void Blank_tiny_and_empty_disks_have_no_table()
    {
        Assert.Equal(new Extent(0, Length), Assert.Single(PartitionTableReader.Read(new MemoryDisk(Length)).Partitions).Extent);
        Assert.Equal(new Extent(0, 100), Assert.Single(PartitionTableReader.Read(new MemoryDisk(100)).Partitions).Extent);
        Assert.Empty(PartitionTableReader.Read(new MemoryDisk(0)).Partitions);
    }

    [Fact]
    public void A_stale_superblock_in_the_gap_does_not_hide_a_table()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("mkfs.ext4", "-q", "-F", path);
        Tool.Must(new ToolRequest("sfdisk", ["--wipe", "never", path]) { Input = TableDisks.MbrScript });
        Assert.Equal(6, ReadLikeSfdisk(path).Partitions.Count);
        // With an entry that leaves the disk the two can no longer be told apart, and nothing may be called free.
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 446 + 16 + 8;
            file.Write([0xff, 0xff, 0xff, 0x7f]);
        }
        Assert.Empty(Read(path).Partitions);
    }

    [Fact]
    public void Overlapping_partitions_are_both_dropped()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must(new ToolRequest("sfdisk", [path]) { Input = "label: dos\nstart=2048,size=10000,type=83\nstart=13000,size=10000,type=83\nstart=30000,size=10000,type=83\n" });
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 446 + 16 + 8;
            file.Write(BitConverter.GetBytes(6000)); // no tool makes what every tool reads
        }
        var layout = Read(path);
        Assert.Equal(3, Assert.Single(layout.Partitions).Number);
        Assert.Equal(2, layout.Warnings.Count);
    }

    [Fact]
    public void A_chain_that_loops_ends()
    {
        var disk = TableDisks.Load(TableDisks.Mbr(_folder.File("disk")));
        var second = PartitionTableReader.Read(disk).TableAreas[2];
        disk.Write(second.Offset + 446 + 16 + 8, BitConverter.GetBytes((uint)((second.Offset - FirstBootRecord(disk)) / 512)));
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal([1, 2, 5, 6], layout.Partitions.Select(p => p.Number));
        Assert.Contains("circle", Assert.Single(layout.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mac", "Apple")]
    [InlineData("sun", "Sun")]
    [InlineData("dvh", "SGI")]
    public void Tables_that_are_not_taken_apart_make_the_disk_whole(string label, string name)
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("parted", "-s", path, "mklabel", label);
        var layout = Read(path);
        Assert.Empty(layout.Partitions);
        Assert.Contains(name, Assert.Single(layout.Warnings), StringComparison.Ordinal);
    }

    private static long FirstBootRecord(MemoryDisk disk) => PartitionTableReader.Read(disk).TableAreas[1].Offset;

    private static DiskLayout ReadLikeSfdisk(string path)
    {
        var layout = Read(path);
        Assert.Equal(SfdiskDump.Read(path).WithoutContainers, SfdiskDump.Of(layout));
        return layout;
    }

    private static DiskLayout Read(string path)
    {
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        LayoutAssert.WellFormed(layout, disk.Length);
        return layout;
    }
}
