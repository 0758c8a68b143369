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

    /// <summary>The kernel's own nodes of a mapped disk are gone (media/agent/map-partition).</summary>
    [Fact]
    public void What_the_boot_hook_has_mapped_are_the_disks_partitions()
    {
        _machine.Disk("sda", Sata, 1 << 30).Disk("sdb", Sata, 1 << 30).Partition("sdb", "sdb1", 1, 1 << 20);
        Map("dm-0", 2, "sda");
        Map("dm-1", 5, "sda");
        Map("dm-2", 1, "sda");
        _machine.Disk("dm-3", "", 1 << 19, ("dm/name", "vg-root"), ("dm/uuid", "LVM-x")).Stack("dm-3", "dm-1").Mount("dm-0", "/").Mount("dm-3", "/srv").Swap("dm-2");
        var parts = Read().Partitions;
        Assert.Equal([1, 2, 5], parts.Select(part => part.Number));
        Assert.Equal(["/dev/dm-2", "/dev/dm-0", "/dev/dm-1"], parts.Select(part => part.Device));
        Assert.Equal("partition 5 of /dev/sda", parts[2].Name);
        Assert.Equal(["dm-2", "dm-0", "dm-1"], parts.Select(part => part.MappingNumber).Select(number => new[] { "dm-0", "dm-1", "dm-2" }.Single(name => _machine.NumberOf(name) == number)));
        Assert.True(parts[0].IsSwap);
        Assert.Equal(["/", "/srv"], parts.SelectMany(part => part.FileSystems).Select(system => system.MountPoint));
        Assert.Single(Read("sdb").Partitions);
    }

    [Fact]
    public void A_mapped_partition_stays_one_while_a_snapshot_lies_below_it()
    {
        _machine.Disk("sda", Sata, 1 << 30).Disk("dm-1", "", 1 << 20, ("dm/name", "rescuekit-1-0-real"), ("dm/uuid", "RESCUEKIT-HOT-1-0-real")).Stack("dm-1", "sda");
        Map("dm-0", 3, "dm-1");
        _machine.Disk("dm-2", "", 1 << 20, ("dm/name", "rescuekit-1-0-frozen"), ("dm/uuid", "RESCUEKIT-HOT-1-0-frozen")).Stack("dm-2", "dm-1").Mount("dm-0", "/");
        var part = Assert.Single(Read().Partitions);
        Assert.Equal((3, "/dev/dm-0"), (part.Number, part.Device));
        Assert.Equal("/", Assert.Single(part.FileSystems).MountPoint);
    }

    private void Map(string name, int number, string below) =>
        _machine.Disk(name, "", 1 << 20, ("dm/name", $"rescuekit-sda{number}"), ("dm/uuid", $"RESCUEKIT-MAP-{number}-1ffcddaa-cacd-4df9-b1cd-cc3f6450688{number}")).Stack(name, below);

    [Fact]
    public void A_partition_that_nothing_uses_says_so_and_a_partition_is_no_disk()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda1", 1, 1 << 20);
        Assert.False(Assert.Single(Read().Partitions).IsInUse);
        Assert.Throws<UsageException>(() => Read("sda1"));
    }

    private LiveDisk Read(string name = "sda") => LiveDisk.Read("/dev/" + name, _machine.Root(), _machine.NumberOf(name));
}
