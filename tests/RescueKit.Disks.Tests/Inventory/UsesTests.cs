namespace RescueKit.Disks.Tests.Inventory;

/// <summary>What holds a disk, which disks are the running system's, and what a file rests on.</summary>
public sealed class UsesTests : IDisposable
{
    private const string Sata = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0";
    private const string Sata2 = "pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0";
    private readonly MadeUpMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Mounts_swap_and_stacks_are_named_by_partition()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda1", 1, 1 << 20).Partition("sda", "sda2", 2, 1 << 20).Partition("sda", "sda3", 3, 1 << 20).Partition("sda", "sda4", 4, 1 << 20)
            .Disk("dm-0", "", 1 << 20, ("dm/name", "vg-root"), ("dm/uuid", "LVM-x")).Disk("dm-1", "", 1 << 20, ("dm/name", "vg-free"), ("dm/uuid", "LVM-y"))
            .Disk("md0", "", 1 << 20).Partition("md0", "md0p1", 1, 1 << 19)
            .Stack("dm-0", "sda3").Stack("dm-1", "sda3").Stack("md0", "sda4")
            .Mount("sda1", "/boot").Mount("dm-0", "/").Mount("md0p1", "/data\\040disk").Swap("sda2");
        var machine = _machine.Look();
        var disk = machine.List().Single(d => d.Path == "/dev/sda");
        Assert.Equal(
            [
                "partition 1 mounted at /boot", "partition 2 is swap", "partition 3 held by LVM volume vg-root, mounted at /",
                "partition 3 held by LVM volume vg-free", "partition 4 held by RAID md0, its partition 1 mounted at /data disk",
            ], disk.Uses);
        Assert.True(disk.IsSystemDisk);
        Assert.Equal("/boot", Assert.Single(disk.Mounts).Value);
        Assert.Equal(["mounted at /"], machine.List().Single(d => d.Path == "/dev/dm-0").Uses);
        Assert.Equal(["is swap"], machine.Describe(machine.ByPath("/dev/sda2")!, "/dev/sda2").Uses);
        Assert.Equal(["/dev/md0", "/dev/sda"], machine.DisksBelow("/data disk/images/x.rki"));
    }

    [Fact]
    public void A_btrfs_of_two_disks_is_found_by_its_source_and_holds_both()
    {
        _machine.Disk("sda", Sata, 1 << 30).Partition("sda", "sda2", 2, 1 << 20).Disk("sdb", Sata2, 1 << 30)
            .Link("/sys/fs/btrfs/1234/devices/sda2", _machine.FolderOf("sda2")).Link("/sys/fs/btrfs/1234/devices/sdb", _machine.FolderOf("sdb"))
            .Mount("sda2", "/", "btrfs", "0:33");
        var disks = _machine.Look().List();
        Assert.All(disks, disk => Assert.True(disk.IsSystemDisk));
        Assert.Equal(["partition 2 mounted at /"], disks[0].Uses);
        Assert.Equal(["mounted at /"], disks[1].Uses);
    }

    [Fact]
    public void A_live_system_is_followed_from_its_overlay_to_its_stick()
    {
        _machine.Disk("sda", Sata, 1 << 30).Disk("sdb", "pci0000:00/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0", 1 << 30).Partition("sdb", "sdb1", 1, 1 << 20)
            .Disk("loop0", "", 1 << 20, ("loop/backing_file", "/run/live/medium/root.squashfs"))
            .Mount("sdb1", "/run/live/medium", "vfat").Mount("loop0", "/run/live/rootfs", "squashfs")
            .Mount("/overlay", "/", "overlay", "0:40", "rw,lowerdir=/run/live/rootfs,upperdir=/run/live/rw");
        var machine = _machine.Look();
        Assert.Equal([("/dev/sda", false), ("/dev/sdb", true)], machine.List().Select(disk => (disk.Path, disk.IsSystemDisk)));
        Assert.True(machine.Describe(machine.ByPath("/dev/loop0")!, "/dev/loop0").IsSystemDisk);
        Assert.Equal(["/dev/loop0", "/run/live/medium/root.squashfs", "/dev/sdb"], machine.DisksBelow("/usr/bin"));
    }

    [Fact]
    public void A_system_in_memory_hides_its_own_loop_device_and_shows_those_that_a_person_attached()
    {
        _machine.Disk("loop0", "", 1 << 20, ("loop/backing_file", "/system.squashfs (deleted)")).Disk("loop1", "", 1 << 20, ("loop/backing_file", "/tmp/disk.img"))
            .Mount("loop0", "/lower", "squashfs", options: "ro")
            .Mount("system", "/", "overlay", "0:21", "rw,lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work");
        Assert.Equal(["/dev/loop1"], _machine.Look().List().Select(disk => disk.Path));
    }

    [Fact]
    public void A_mount_by_mapper_name_or_link_is_found()
    {
        _machine.Disk("dm-0", "", 1 << 20, ("dm/name", "luks-home"), ("dm/uuid", "CRYPT-LUKS2-x")).Disk("sda", Sata, 1 << 30).Stack("dm-0", "sda")
            .Mount("mapper/luks-home", "/home", "btrfs", "0:50").File("/dev/dm-0", "").Link("/dev/disk/by-id/x", "/dev/dm-0");
        var machine = _machine.Look();
        Assert.Equal(["held by encryption luks-home, mounted at /home"], machine.List().Single(disk => disk.Path == "/dev/sda").Uses);
        Assert.Equal("dm-0", machine.ByPath("/dev/disk/by-id/x")?.Name);
    }

    /// <summary>LVM's inner volumes, and the overlays that an array was assembled over: what uses a disk is told by what they are for.</summary>
    [Fact]
    public void Inner_parts_are_no_disks_and_are_looked_through()
    {
        var ids = new string('x', 64);
        _machine.Disk("sda", Sata, 1 << 30).Disk("sdb", Sata2, 1 << 30)
            .Disk("dm-0", "", 1 << 20, ("dm/name", "vg-root-real"), ("dm/uuid", $"LVM-{ids}-real")).Disk("dm-1", "", 1 << 20, ("dm/name", "vg-root"), ("dm/uuid", $"LVM-{ids}"))
            .Stack("dm-0", "sda").Stack("dm-1", "dm-0").Mount("dm-1", "/root")
            .Disk("loop0", "", 1 << 20, ("loop/backing_file", "/run/overlay")).Disk("dm-2", "", 1 << 30, ("dm/name", "rescuekit-overlay-sdb"), ("dm/uuid", "RESCUEKIT-overlay"))
            .Disk("md127", "", 1 << 30).Stack("dm-2", "sdb", "loop0").Stack("md127", "dm-2");
        var disks = _machine.Look().List();
        Assert.Equal(["/dev/sda", "/dev/sdb", "/dev/dm-1", "/dev/md127"], disks.Select(disk => disk.Path));
        Assert.Equal(["held by LVM volume vg-root, mounted at /root"], disks[0].Uses);
        Assert.Equal(["held by RAID md127"], disks[1].Uses);
        Assert.Equal(["/dev/md127", "/dev/dm-2", "/dev/sdb"], _machine.Look().DisksBelow(_machine.Look().ByPath("/dev/md127")!).Where(path => path is not ("/dev/loop0" or "/run/overlay")));
    }

    [Fact]
    public void What_lies_over_a_mount_point_hides_it()
    {
        _machine.Disk("sda", Sata, 1 << 30).Disk("sdb", Sata2, 1 << 30).Mount("sda", "/mnt").Mount("sdb", "/mnt").Mount("sda", "/mnt2");
        var machine = _machine.Look();
        Assert.Equal(["/dev/sdb"], machine.DisksBelow("/mnt/x"));
        Assert.Equal(["/dev/sda"], machine.DisksBelow("/mnt2"));
        Assert.Empty(machine.DisksBelow("/elsewhere"));
    }

    [Fact]
    public void A_file_among_device_nodes_is_known_by_the_file_system_and_by_the_place()
    {
        _machine.Disk("sda", Sata, 1 << 30).Mount("sda", "/").Mount("devtmpfs", "/dev", "devtmpfs", "0:6").Mount("tmpfs", "/dev/shm", "tmpfs", "0:7")
            .Mount("devtmpfs", "/chroot/dev", "devtmpfs", "0:6");
        var machine = _machine.Look();
        Assert.All((string[])["/dev", "/dev/sdz", "/dev/disk/by-id", "/chroot/dev"], path => Assert.True(machine.IsAmongDevices(path), path));
        Assert.All((string[])["/", "/device", "/dev/shm", "/dev/shm/x", "/chroot"], path => Assert.False(machine.IsAmongDevices(path), path));
        using var container = new MadeUpMachine();
        Assert.True(container.Disk("sda", Sata, 1 << 30).Mount("sda", "/").Look().IsAmongDevices("/dev"));
    }

    [Fact]
    public void Devices_stacked_in_a_circle_come_to_an_end()
    {
        _machine.Disk("dm-0", "", 1 << 20).Disk("dm-1", "", 1 << 20).Stack("dm-0", "dm-1").Stack("dm-1", "dm-0").Mount("dm-0", "/");
        var machine = _machine.Look();
        Assert.All(machine.List(), disk => Assert.True(disk.IsSystemDisk));
    }

    [Fact]
    public void This_machine_lists_the_disk_of_its_root()
    {
        var disks = DiskInventory.List();
        var hasDisk = Directory.EnumerateDirectories("/sys/block").Any(d => File.ReadAllText(Path.Combine(d, "size")).Trim() != "0" && !d.Contains("ram", StringComparison.Ordinal));
        Assert.Equal(hasDisk, disks.Count > 0);
        Assert.All(disks, disk => Assert.True(disk.Length > 0 && disk.ConfirmId.Length > 0));
        Assert.Equal(disks.Count, disks.Select(disk => disk.ConfirmId).Distinct().Count());
    }
}
