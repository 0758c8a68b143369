using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>Devices in use are refused and named; what the kernel makes of a written table. Real loop devices; needs root.</summary>
public sealed class DiskSafetyTests : IDisposable
{
    private const long Length = 64 << 20;
    private readonly TempFolder _folder = new();
    private readonly Stack<IDisposable> _open = new();

    public void Dispose()
    {
        while (_open.TryPop(out var open)) open.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_mounted_disk_is_refused_by_its_mount_point_until_unmounted()
    {
        var loop = Attach(SparseFile.Create(_folder.File("disk"), Length));
        Tool.Must("mkfs.ext4", "-q", loop.Path);
        var point = _folder.Folder("mnt");
        Tool.Must("mount", loop.Path, point);
        try
        {
            foreach (var open in (Action[])[() => BlockDevices.OpenSource(loop.Path), () => BlockDevices.OpenTarget(loop.Path)])
                Assert.Contains($"mounted at {point}", Assert.Throws<SafetyException>(open).Message, StringComparison.Ordinal);
            BlockDevices.OpenSource(loop.Path, exclusive: false).Dispose();
            var info = DiskInventory.Describe(loop.Path);
            Assert.Equal([$"mounted at {point}"], info.Uses);
            Assert.Equal(point, info.Mounts[0]);
            var below = DiskInventory.DisksBelow(Path.Combine(point, "not", "yet", "there"));
            Assert.Equal([loop.Path, _folder.File("disk")], below.Take(2));
        }
        finally
        {
            Tool.Must("umount", point);
        }
        BlockDevices.OpenTarget(loop.Path).Dispose();
    }

    [Fact]
    public void A_disk_with_a_mounted_partition_is_refused_by_its_number()
    {
        var loop = Attach(Partitioned());
        Tool.Must("partx", "--update", loop.Path);
        Tool.Must("mkfs.ext4", "-q", loop.Path + "p2");
        var point = _folder.Folder("mnt");
        Tool.Must("mount", loop.Path + "p2", point);
        try
        {
            Assert.Contains($"partition 2 mounted at {point}", Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(loop.Path)).Message, StringComparison.Ordinal);
            Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(loop.Path + "p2"));
        }
        finally
        {
            Tool.Must("umount", point);
        }
    }

    [Fact]
    public void Swap_is_refused()
    {
        var loop = Attach(SparseFile.Create(_folder.File("disk"), Length));
        Tool.Must("mkswap", loop.Path);
        Tool.Must("swapon", loop.Path);
        try
        {
            Assert.Contains("is swap", Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(loop.Path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Tool.Must("swapoff", loop.Path);
        }
    }

    [Fact]
    public void An_image_is_not_made_on_a_device()
    {
        var disk = SparseFile.Create(_folder.File("disk"), Length);
        var loop = Attach(SparseFile.Create(_folder.File("other"), Length));
        foreach (var resume in (bool[])[false, true])
        {
            var error = Assert.Throws<UsageException>(() => Runs.Backup(new BackupRequest(disk, loop.Path) { Resume = resume }));
            Assert.Contains("rescuekit clone", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_runs_cannot_hold_one_disk()
    {
        var loop = Attach(SparseFile.Create(_folder.File("disk"), Length));
        using (BlockDevices.OpenSource(loop.Path)) Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(loop.Path));
        BlockDevices.OpenTarget(loop.Path).Dispose();
    }

    [Fact]
    public void A_read_only_disk_is_a_source_and_no_target()
    {
        var loop = Attach(SparseFile.Create(_folder.File("disk"), Length));
        Tool.Must("blockdev", "--setro", loop.Path);
        try
        {
            Assert.Contains("read-only", Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(loop.Path)).Message, StringComparison.Ordinal);
            BlockDevices.OpenSource(loop.Path).Dispose();
            Assert.True(DiskInventory.Describe(loop.Path).ReadOnly);
        }
        finally
        {
            Tool.Must("blockdev", "--setrw", loop.Path); // the flag would outlive the loop device
        }
    }

    [Fact]
    public void A_file_behind_a_loop_device_is_refused_even_by_another_name()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("ln", path, _folder.File("link"));
        using (var loop = new LoopDevice(path))
        {
            foreach (var name in (string[])[path, _folder.File("link")])
            {
                Assert.Contains(loop.Path, Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(name)).Message, StringComparison.Ordinal);
                Assert.Throws<SafetyException>(() => BlockDevices.OpenSource(name));
                Assert.Equal([$"attached to {loop.Path}"], DiskInventory.Describe(name).Uses);
            }
        }
        BlockDevices.OpenTarget(path).Dispose();
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_table_made_by_sgdisk_is_read_and_a_moved_one_is_seen_by_the_kernel(int sectorSize)
    {
        var small = Attach(SparseFile.Create(_folder.File("small"), Length), sectorSize);
        Tool.Must("sgdisk", "-n", "1:0:+8M", "-n", "2:0:+20M", small.Path);
        var large = Attach(SparseFile.Create(_folder.File("large"), Length * 2), sectorSize);
        DiskLayout layout;
        using (var source = BlockDevices.OpenSource(small.Path))
        using (var target = BlockDevices.OpenTarget(large.Path))
        {
            layout = PartitionTableReader.Read(source);
            Assert.Equal((sectorSize, 2, 0), (layout.SectorSize, layout.Partitions.Count, layout.Warnings.Count));
            var bytes = new byte[1 << 20];
            source.Read(0, bytes);
            target.Write(0, bytes);
            foreach (var patch in GptRelocation.Patches(source, layout, target.Length)) target.Write(patch.Offset, patch.Bytes.Span);
            target.Flush();
            Assert.Null(BlockDevices.RereadPartitionTable(target));
        }
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", large.Path).Output, StringComparison.Ordinal);
        // The kernel's own scan finds them where it has a GPT parser built in; partx hands it what is on the disk either way.
        Tool.Must("partx", "--update", large.Path);
        foreach (var partition in layout.Partitions)
        {
            var shown = File.ReadAllText($"/sys/block/{large.Name}/{large.Name}p{partition.Number}/start").Trim();
            Assert.Equal(partition.Extent.Offset / 512, long.Parse(shown));
        }
    }

    [Fact]
    public void A_device_that_cannot_have_partitions_has_no_table_to_be_read_anew()
    {
        using var loop = new LoopDevice(SparseFile.Create(_folder.File("disk"), Length), partitioned: false);
        using var target = BlockDevices.OpenTarget(loop.Path);
        Assert.Null(BlockDevices.RereadPartitionTable(target));
    }

    [Fact]
    public void A_device_that_ends_within_a_sector_counts_its_whole_sectors()
    {
        var path = _folder.File("disk");
        var content = new byte[(1 << 20) + 512];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        var loop = Attach(path, 4096);
        using var source = BlockDevices.OpenSource(loop.Path);
        var back = new byte[1 << 20];
        Assert.Equal(back.Length, source.Length);
        source.Read(0, back);
        Assert.True(content.AsSpan(0, back.Length).SequenceEqual(back));
    }

    [Fact]
    public void A_loop_device_describes_itself()
    {
        var loop = Attach(SparseFile.Create(_folder.File("disk"), Length), 4096);
        var info = DiskInventory.Describe(loop.Path);
        Assert.Equal((Length, 4096, loop.Name, "loop"), (info.Length, info.Geometry.LogicalSectorSize, info.ConfirmId, info.Geometry.Identity.Kind));
        Assert.Contains(DiskInventory.List(), disk => disk.Path == loop.Path);
        Assert.False(info.IsSystemDisk);
    }

    [Fact]
    public void A_partition_is_restored_beside_one_that_is_in_use()
    {
        const int Start = 30;
        var (source, volume, image) = (SparseFile.Create(_folder.File("source"), Length), SparseFile.Create(_folder.File("fat"), 16L << 20), _folder.File("source.rki"));
        Tool.Must("sgdisk", "-n", "1:1M:+8M", "-n", "2:0:+16M", source);
        Tool.Must("mkfs.fat", "-n", "SWAPPED", "-h", "18432", volume);
        Tool.Must("dd", "if=" + volume, "of=" + source, "bs=1M", "seek=9", "conv=notrunc", "status=none");
        MatrixProgram.Must("image", "create", source, image);

        var disk = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("sgdisk", "-n", "1:1M:+20M", "-n", $"2:{Start}M:+20M", disk);
        var loop = Attach(disk);
        Tool.Must("partx", "--update", loop.Path);
        Tool.Must("mkfs.ext4", "-q", loop.Path + "p1");
        var point = _folder.Folder("mnt");
        Tool.Must("mount", loop.Path + "p1", point);
        try
        {
            var (part, id) = (loop.Path + "p2", DiskInventory.Describe(loop.Path + "p2").ConfirmId);
            Assert.Equal(4, MatrixProgram.Run("image", "restore", image, loop.Path, "--partition", "2", "--confirm", DiskInventory.Describe(loop.Path).ConfirmId).ExitCode);
            Assert.Equal(4, MatrixProgram.Run("image", "restore", image, loop.Path + "p1", "--partition", "2", "--confirm", id).ExitCode);
            Assert.Equal(2, MatrixProgram.Run("image", "restore", image, part, "--partition", "1", "--partition", "2", "--confirm", id).ExitCode);
            MatrixProgram.Must("image", "restore", image, part, "--partition", "2", "--confirm", id, "--verify");
            File.WriteAllText(Path.Combine(point, "still"), "works");
            // Its boot sector counts from the disk's beginning; another part of it would not have it start.
            using var file = File.OpenRead(part);
            file.Position = 0x1c;
            var hidden = new byte[4];
            file.ReadExactly(hidden);
            Assert.Equal(Start * 2048, BitConverter.ToInt32(hidden));
            Tool.Must("fsck.fat", "-n", part);
            Assert.Contains("SWAPPED", Tool.Must("blkid", "-p", part).Output, StringComparison.Ordinal);
        }
        finally
        {
            Tool.Must("umount", point);
        }
        Tool.Must("e2fsck", "-fn", loop.Path + "p1");
    }

    private string Partitioned()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("sgdisk", "-n", "1:0:+8M", "-n", "2:0:+20M", path);
        return path;
    }

    private LoopDevice Attach(string path, int sectorSize = 512)
    {
        var loop = new LoopDevice(path, sectorSize);
        _open.Push(loop);
        return loop;
    }
}
