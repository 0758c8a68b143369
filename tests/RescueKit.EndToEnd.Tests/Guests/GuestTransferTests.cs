using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Disks to copy from and to.</summary>
public sealed class GuestTransferMachine : GuestMachine
{
    public const int Mebibytes = 48;

    public GuestTransferMachine(GuestSystem system) : base(system)
    {
        Add(new GuestDisk("origin", GuestDisks.WithFiles(Folder, "origin", Mebibytes, 512, seed: 1), GuestBus.Virtio) { Serial = "ORIGIN01" });
        Add(new GuestDisk("origin4k", GuestDisks.WithFiles(Folder, "origin4k", Mebibytes, 4096, seed: 2), GuestBus.Virtio) { Serial = "ORIGIN4K", SectorSize = 4096 });
        Add(new GuestDisk("changing", GuestDisks.WithFiles(Folder, "changing", Mebibytes, 512, seed: 3), GuestBus.Virtio) { Serial = "CHANGING" });
        Add(new GuestDisk("plain", Old("plain", Mebibytes), GuestBus.Scsi) { Serial = "PLAIN001" });
        Add(new GuestDisk("larger", Old("larger", 2 * Mebibytes), GuestBus.Nvme) { Serial = "LARGER02" });
        Add(new GuestDisk("native", Old("native", Mebibytes), GuestBus.Scsi) { Serial = "NATIVE4K", SectorSize = 4096 });
    }

    internal string Scratch(string name) => Folder.File("scratch-" + name);

    private string Old(string name, int mebibytes) => MatrixDisk.OfRandomBytes(Folder.File(name), (long)mebibytes * GuestDisks.MiB, name.Length);
}

/// <summary>Backup, restore and clone between real disks; what the kernel and a file system make of the result, without a reboot.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestTransferTests(GuestTransferMachine machine) : IClassFixture<GuestTransferMachine>
{
    /// <summary>Mounts a partition that the kernel found by itself, and looks at every file.</summary>
    private const string CheckFiles = """
        check_files() {
            mount -t ext4 -o ro "$1" /mnt || return 1
            wrong=$(cd /mnt && sha256sum -c sums 2>&1 | grep -v ': OK$' || true)
            umount /mnt && [ -z "$wrong" ]
        }

        """;

    private Guest Guest => machine.Guest;

    [Fact]
    public void Free_space_is_zeroed_used_blocks_are_not_and_the_partition_appears()
    {
        var target = machine.Path("plain");
        Guest.Must($"""
            {CheckFiles}set -e
            rescuekit image create {machine.Path("origin")} /tmp/origin.rki --verify
            rescuekit image restore /tmp/origin.rki {target} --confirm N001 --verify --free zero
            rm /tmp/origin.rki
            check_files {target}1
            """);
        // A file that did not exist is zero wherever nothing is written: what the disk must look like, byte for byte.
        var (image, expected) = (machine.Scratch("rki"), machine.Scratch("expected"));
        MatrixProgram.Must("image", "create", machine.File("origin"), image);
        MatrixProgram.Must("image", "restore", image, expected);
        Assert.Equal(MatrixDisk.Digest(expected), MatrixDisk.Digest(machine.File("plain")));
    }

    [Fact]
    public void On_a_larger_disk_the_table_reaches_its_end_and_the_partition_appears()
    {
        var target = machine.Path("larger");
        Guest.Must($"""
            {CheckFiles}set -e
            rescuekit clone {machine.Path("origin")} {target} --confirm ER02 --verify
            check_files {target}p1
            """);
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", machine.File("larger")).Output, StringComparison.Ordinal);
        CheckFileSystem("larger");
    }

    [Fact]
    public void Sectors_of_4096_bytes_go_onto_their_like_and_free_space_is_discarded()
    {
        Assert.True(SparseFile.AllocatedBytes(machine.File("native")) >= GuestTransferMachine.Mebibytes * GuestDisks.MiB);
        var target = machine.Path("native");
        var receipt = Guest.Json($"rescuekit clone {machine.Path("origin4k")} {target} --confirm VE4K --verify --free discard --json 2>/dev/null");
        Guest.Must($"{CheckFiles}check_files {target}1");
        CheckFileSystem("native");
        // QEMU gives the blocks back to its own file system, in that one's units.
        Assert.InRange(SparseFile.AllocatedBytes(machine.File("native")), 1, receipt.GetProperty("bytes_written").GetInt64() + 4 * GuestDisks.MiB);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Sectors_of_another_size_are_refused_before_the_first_write()
    {
        var before = MatrixDisk.Digest(machine.File("native"));
        Assert.Contains("sectors of 4096 bytes", Guest.Must($"rescuekit clone {machine.Path("origin")} {machine.Path("native")} --confirm VE4K", 4).Error, StringComparison.Ordinal);
        Assert.Contains("sectors of 512 bytes", Guest.Must($"rescuekit clone {machine.Path("origin4k")} {machine.Path("plain")} --confirm N001", 4).Error, StringComparison.Ordinal);
        Assert.Equal(before, MatrixDisk.Digest(machine.File("native")));
    }

    /// <summary>
    /// The page caches of a disk and of its partition know nothing of each other: what a file system wrote through the partition is in
    /// the image although the disk's own cache, kept alive by a reader, is older.
    /// </summary>
    [Fact]
    public void What_was_written_through_a_partition_is_imaged_though_the_disk_was_cached_before()
    {
        var (source, target) = (machine.Path("changing"), machine.Path("plain"));
        Guest.Must($"""
            set -e
            sleep 600 <{source} >/dev/null 2>&1 &
            reader=$!
            cat {source} >/dev/null
            mount -t ext4 {source}1 /mnt
            dd if=/dev/urandom of=/mnt/late bs=64k count=16
            (cd /mnt && sha256sum late >>sums)
            umount /mnt
            rescuekit image create {source} /tmp/late.rki
            kill $reader
            """);
        Guest.Must($"{CheckFiles}rescuekit image restore /tmp/late.rki {target} --confirm N001 && rm /tmp/late.rki && check_files {target}1");
        CheckFileSystem("plain");
    }

    private void CheckFileSystem(string disk)
    {
        var volume = MatrixDisk.Partition(machine.File(disk), machine.Scratch(disk));
        Tool.Must("e2fsck", "-fn", volume);
    }
}
