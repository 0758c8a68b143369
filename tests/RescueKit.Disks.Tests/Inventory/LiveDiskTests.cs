using RescueKit.Model;

namespace RescueKit.Disks.Tests.Inventory;

/// <summary>What a running system does with a disk: which file systems must be frozen, in which order, and through what.</summary>
public sealed class LiveDiskTests : IDisposable
{
    private const string Sata = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0";
    private readonly MadeUpMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_mapping_as_long_as_its_partition_is_what_everybody_goes_through()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda1", 1, 1 << 20).Partition("sda", "sda2", 2, 1 << 20).Partition("sda", "sda3", 3, 1 << 20)
            .Disk("dm-0", "", 1 << 20, ("dm/name", "rk-1")).Disk("dm-1", "", 1 << 19, ("dm/name", "part-of-it"))
            .Stack("dm-0", "sda1").Stack("dm-1", "sda2").Mount("dm-0", "/").Mount("dm-1", "/srv").Swap("sda3");
        var parts = Read().Partitions;
        Assert.Equal([_machine.NumberOf("dm-0"), null, null], parts.Select(part => part.MappingNumber));
        Assert.All(parts, part => Assert.True(part.IsInUse));
        Assert.Equal([false, false, true], parts.Select(part => part.IsSwap));
        Assert.Equal(["/", "/srv"], parts.SelectMany(part => part.FileSystems).Select(system => system.MountPoint));
    }

    [Fact]
    public void What_is_stacked_higher_is_deeper_and_each_file_system_comes_once()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda1", 1, 1 << 20)
            .Disk("dm-0", "", 1 << 20, ("dm/name", "rk-1")).Disk("dm-1", "", 1 << 19, ("dm/name", "vg-root"), ("dm/uuid", "LVM-x"))
            .Disk("loop0", "", 1 << 18, ("loop/backing_file", "/srv/disk.img"))
            .Stack("dm-0", "sda1").Stack("dm-1", "dm-0").Mount("dm-1", "/").Mount("dm-1", "/srv").Mount("loop0", "/mnt");
        var systems = Assert.Single(Read().Partitions).FileSystems.OrderByDescending(system => system.Depth).ToList();
        Assert.Equal(["/mnt", "/"], systems.Select(system => system.MountPoint));
    }

    [Fact]
    public void A_partition_that_nothing_uses_says_so_and_a_partition_is_no_disk()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda1", 1, 1 << 20);
        Assert.False(Assert.Single(Read().Partitions).IsInUse);
        Assert.Throws<UsageException>(() => Read("sda1"));
    }

    private LiveDisk Read(string name = "sda") => LiveDisk.Read("/dev/" + name, _machine.Root(), _machine.NumberOf(name));
}
