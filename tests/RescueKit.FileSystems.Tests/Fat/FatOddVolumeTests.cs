using System.Buffers.Binary;
using RescueKit.FileSystems.Fat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Fat;

/// <summary>Volumes that are unclean, inconsistent, or huge.</summary>
public sealed class FatOddVolumeTests : IDisposable
{
    private static readonly AllocationOptions Options = new();
    private readonly TempFolder _temp = new();

    /// <summary>The state byte of the boot sector (all widths), and the clean bit of entry 1 (not FAT12).</summary>
    [Theory]
    [InlineData("floppy", 0x25, 0x01)]
    [InlineData("fat16-512", 0x25, 0x01)]
    [InlineData("fat32-512", 0x41, 0x01)]
    [InlineData("fat16-512", 0, 0x7F)]
    [InlineData("fat32-512", 0, 0x07)]
    public void A_volume_not_cleanly_unmounted_is_taken_whole_with_both_sizes_known(string name, int at, byte value)
    {
        using var disk = Load(name, out var boot);
        var clean = Read(disk);
        // 0 stands for the top byte of the FAT's entry 1, which holds the flags.
        disk.Write(at > 0 ? at : boot.FatOffset + (boot.EntryBits == 16 ? 3 : 7), [value]);
        var content = Read(disk);
        Assert.True(content.Unclean);
        Assert.Null(content.Map);
        Assert.Equal(clean.Map!.UsedBytes, content.UncleanMap!.UsedBytes);
        MapAssert.WellFormed(content, disk.Length);
        Assert.Contains("Dirty bit is set", Check(disk).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fat16-512", 3, 0xBF)]
    [InlineData("fat32-512", 7, 0x0B)]
    public void Errors_that_a_driver_met_are_told(string name, int at, byte value)
    {
        using var disk = Load(name, out var boot);
        disk.Write(boot.FatOffset + at, [value]);
        disk.Write(boot.FatOffset + boot.FatLength + at, [value]);
        var content = Read(disk);
        Assert.NotNull(content.Map);
        Assert.Single(content.Warnings);
    }

    /// <summary>Each FAT knows of a cluster that the other holds as free; either may be the one that a driver goes by.</summary>
    [Fact]
    public void Where_the_FATs_differ_a_cluster_is_used_that_either_holds_as_used()
    {
        using var disk = Load("fat16-512", out var boot);
        var before = Read(disk).Map!.UsedBytes;
        disk.Write(boot.FatOffset + 1000 * 2, [0xFF, 0xFF]);
        disk.Write(boot.FatOffset + boot.FatLength + 2000 * 2, [0xFF, 0xFF]);
        var content = Read(disk);
        Assert.Equal(before + 2 * boot.ClusterSize, content.Map!.UsedBytes);
        foreach (uint cluster in new[] { 1000, 2000 })
            Assert.True(content.Map.UsedIn(new Extent(boot.OffsetOf(cluster), 1)).TotalLength == 1);
        Assert.Contains(content.Warnings, line => line.Contains("differ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("floppy")]
    [InlineData("fat16-512")]
    [InlineData("fat32-512")]
    public void Clusters_marked_bad_count_as_used_as_fsck_counts_them(string name)
    {
        using var disk = Load(name, out var boot);
        var entry = new byte[4];
        for (var copy = 0; copy < boot.FatCount; copy++)
        {
            var at = boot.FatOffset + copy * boot.FatLength + 100 * boot.EntryBits / 8;
            disk.Read(at, entry);
            var bad = boot.EntryBits switch { 12 => 0xFF7u, 16 => 0xFFF7u, _ => 0x0FFFFFF7u };
            var kept = BinaryPrimitives.ReadUInt32LittleEndian(entry) & (boot.EntryBits == 32 ? 0 : uint.MaxValue << boot.EntryBits);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, kept | bad);
            disk.Write(at, entry);
        }
        var content = Read(disk);
        Assert.Contains(content.Warnings, line => line.StartsWith("1 clusters are marked bad", StringComparison.Ordinal));
        var (used, all) = FatVolume.Clusters(Check(disk))!.Value;
        Assert.Equal(disk.Length - (all - used) * boot.ClusterSize, content.Map!.UsedBytes);
    }

    [Fact]
    public void The_reserved_bits_of_FAT32_entries_do_not_make_a_cluster_used()
    {
        using var disk = Load("fat32-512", out var boot);
        var before = Read(disk).Map!.UsedBytes;
        disk.Write(boot.FatOffset + 500 * 4, [0, 0, 0, 0xF0]);
        Assert.Equal(before, Read(disk).Map!.UsedBytes);
    }

    [Theory]
    [InlineData(0x10, 3)] // FATs
    [InlineData(0x0D, 3)] // sectors per cluster
    [InlineData(0x0C, 3)] // bytes per sector
    [InlineData(0x2A, 1)] // version
    [InlineData(0x2C, 0)] // root directory's cluster
    [InlineData(0x31, 8)] // FSInfo behind the reserved sectors
    [InlineData(0x33, 8)] // the backup boot sector there
    public void What_is_not_understood_is_taken_whole(int at, byte value)
    {
        using var disk = Load("fat32-512", out _);
        disk.Write(at, [value]);
        var content = Read(disk);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.NotNull(content.WholeReason);
    }

    /// <summary>FSInfo's free count is a hint that drivers let go stale.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void The_free_count_of_FSInfo_proves_nothing(uint free)
    {
        using var disk = Load("fat32-512", out var boot);
        var before = Read(disk).Map!.UsedIn(new Extent(0, disk.Length));
        disk.Write(boot.SectorSize + 488, BitConverter.GetBytes(free));
        Assert.Equal(before, Read(disk).Map!.UsedIn(new Extent(0, disk.Length)));
    }

    /// <summary>2^28 clusters have FATs of 1 GiB: they are read in windows, and holes of a sparse source not at all.</summary>
    [Fact]
    public void The_largest_FAT32_takes_no_memory_worth_the_name()
    {
        const long FatSectors = (0x0FFFFFF5L + 2) * 4 / 4096 + 1;
        const long Sectors = 32 + FatSectors + 0x0FFFFFF5L;
        using var disk = new MemoryDisk(Sectors * 4096, 4096);
        var sector = new byte[512];
        using (var small = Load("fat32-1-fat", out _)) small.Read(0, sector);
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(0x0B), 4096);
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(0x0E), 32);
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(0x20), (uint)Sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(0x24), (uint)FatSectors);
        disk.Write(0, sector);
        const long Fat = 32 * 4096;
        disk.Write(Fat, [0xF8, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF, 0x0F]);
        disk.Write(Fat + 0x0FFFFFF6L * 4, [0xFF, 0xFF, 0xFF, 0x0F]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var content = Read(disk);
        var last = content.Map!.UsedIn(new Extent(disk.Length - (1 << 30), 1 << 30));
        // The FAT has 1 GiB; buffers come from a pool, which may have to make them first.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
        Assert.Equal("FAT32", content.Type);
        Assert.Equal((32 + FatSectors + 2) * 4096, content.Map.UsedBytes);
        Assert.Equal(ExtentSet.Of(Extent.FromTo(disk.Length - 4096, disk.Length)), last);
    }

    public void Dispose() => _temp.Dispose();

    private static VolumeContent Read(MemoryDisk disk) => new FatReader().Read(disk, Options)!;

    private ToolResult Check(MemoryDisk disk)
    {
        var path = _temp.File("checked.img");
        File.WriteAllBytes(path, disk.ToArray());
        return FatVolume.At(path).Check();
    }

    private MemoryDisk Load(string name, out FatBootSector boot)
    {
        var disk = MemoryDisk.FromBytes(File.ReadAllBytes(FatVolume.Make(_temp, FatShape.Named(name)).Path));
        var sector = new byte[FatBootSector.Size];
        disk.Read(0, sector);
        boot = FatBootSector.Parse(sector, disk.Length)!;
        return disk;
    }
}
