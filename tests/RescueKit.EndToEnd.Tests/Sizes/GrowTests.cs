using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Sizes;

/// <summary>Disks that are restored onto larger ones, with a partition that grows into what is there more. Needs root and loop devices.</summary>
public sealed class GrowTests : IDisposable
{
    private const long MiB = 1 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        Assert.DoesNotContain(_folder.FullPath, Tool.Must("losetup", "--list", "--noheadings", "--output", "BACK-FILE").Output, StringComparison.Ordinal);
        _folder.Dispose();
    }

    public static TheoryData<string> Kinds => TestScale.IsWide ? ["ext4", "ext2", "NTFS", "XFS", "btrfs"] : ["ext4"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_partition_of_a_gpt_reaches_to_the_end_of_a_larger_disk(string kind)
    {
        var volume = kind switch
        {
            "NTFS" => MatrixMountedVolume.Ntfs(4096, 96),
            "XFS" => MatrixMountedVolume.Xfs(kind, 96),
            "btrfs" => MatrixMountedVolume.Btrfs(kind, 160, "noatime"),
            _ => MatrixMountedVolume.Ext(kind, 96, "-t", kind),
        };
        var mebibytes = kind == "btrfs" ? 160 : 96;
        var disk = new SizedDisk(_folder, "disk", mebibytes + 20, $"""
            label: gpt
            start=2048, size=16M, type=U, name="EFI system"
            size={mebibytes}M, type=L, name="the last", attrs="GUID:60"
            """);
        disk.Fill(2, volume, 3);
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(300);
        var receipt = Restore(disk, target, "--grow", "LAST", "--verify");

        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal(before[0], after[0]);
        Assert.Equal(before[1] with { Size = after[1].Size }, after[1]);
        Assert.Equal(299 * MiB, (after[1].Start + after[1].Size) * 512);
        disk.MustBeOn(target);
        Assert.InRange(Length(kind, disk.Take(target, after[1])), after[1].Size * 512 - 64 * 1024, after[1].Size * 512);
        Assert.Equal(after[1].Size * 512, receipt.GetProperty("partitions").EnumerateArray().Single(p => p.GetProperty("number").ValueKind == JsonValueKind.Number && p.GetProperty("number").GetInt32() == 2).GetProperty("target_length").GetInt64());
    }

    [Fact]
    public void A_logical_partition_grows_with_the_extended_one_around_it()
    {
        var disk = new SizedDisk(_folder, "disk", 140, """
            label: dos
            start=2048, size=32768, type=83, bootable
            start=36862, size=231426, type=5
            start=36864, size=32768, type=82
            start=71680, size=196608, type=83
            """);
        disk.Fill(6, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 5);
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(260);
        Restore(disk, target, "--grow", "6");
        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal([1, 2, 5, 6], after.Select(p => p.Number));
        Assert.Equal((before[0], before[2]), (after[0], after[2]));
        Assert.Equal([260 * MiB, 260 * MiB], after.Where(p => p.Number is 2 or 6).Select(p => (p.Start + p.Size) * 512));
        disk.MustBeOn(target);
    }

    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_block_device_grows_as_a_file_does()
    {
        var disk = new SizedDisk(_folder, "disk", 120, "label: gpt\nstart=2048, size=96M, type=L\n");
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 7);
        var target = Target(200);
        using (var loop = new LoopDevice(target)) Restore(disk, loop.Path, "--grow", "1");
        SizedDisk.TableMustBeSound(target);
        Assert.Equal(198 * 2048, SizedDisk.Partitions(target)[0].Size);
        disk.MustBeOn(target);
    }

    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_clone_grows_and_a_file_system_without_a_table_does()
    {
        var volume = MatrixMountedVolume.Ext("ext4", 64, "-t", "ext4");
        var file = _folder.File("volume");
        volume.Make(file, _folder.Folder("making"), 9);
        var digests = volume.Digests(file, _folder.Folder("digesting"));
        var target = Target(100);
        MatrixProgram.Must("clone", file, target, "--confirm", "target", "--grow", "LAST", "--quiet");
        Assert.Equal(100 * MiB, Length("ext4", target));
        volume.Check(target);
        Assert.Equal(digests, volume.Digests(target, _folder.Folder("digesting")));
    }

    /// <summary>As Windows' own set-up divides a disk: its recovery environment lies behind drive C.</summary>
    [Fact]
    public void What_lies_behind_moves_to_the_end_of_a_gpt_disk()
    {
        var disk = new SizedDisk(_folder, "disk", 200, """
            label: gpt
            start=2048, size=16M, type=U
            size=64M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="Basic data partition"
            size=48M, type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC, attrs="RequiredPartition GUID:63"
            size=16M, type=S
            """);
        disk.Format(1, "mkfs.fat");
        disk.Fill(2, MatrixMountedVolume.Ntfs(4096, 64), 4);
        disk.Fill(3, MatrixMountedVolume.Ntfs(4096, 48), 5);
        disk.Format(4, "mkswap");
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(400);
        Restore(disk, target, "--grow", "2", "--verify");
        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal(before.Select(p => (p.Number, p.Type, p.Id, p.Name)), after.Select(p => (p.Number, p.Type, p.Id, p.Name)));
        Assert.Equal((before[0], before[1].Start, before[2].Size, before[3].Size), (after[0], after[1].Start, after[2].Size, after[3].Size));
        Assert.Equal(399 * MiB, (after[3].Start + after[3].Size) * 512);
        Assert.Equal((after[2].Start, after[3].Start), (after[1].Start + after[1].Size, after[2].Start + after[2].Size));
        disk.MustBeOn(target);
    }

    /// <summary>As Debian's set-up divided disks: swap alone in an extended partition. And a logical partition that others follow.</summary>
    [Theory]
    [InlineData("start=2048, size=196608, type=83, bootable\nstart=198656, size=69632, type=5\nstart=200704, size=65536, type=82\n", 1, 5)]
    [InlineData("start=2048, size=32768, type=83\nstart=34816, size=307200, type=f\nstart=36864, size=196608, type=83\nstart=235520, size=65536, type=82\n", 5, 6)]
    public void What_lies_behind_moves_to_the_end_of_an_mbr_disk(string script, int root, int swap)
    {
        var disk = new SizedDisk(_folder, "disk", 170, "label: dos\n" + script);
        disk.Fill(root, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 6);
        disk.Format(swap, "mkswap");
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(300);
        Restore(disk, target, "--grow", $"{root}");
        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal(before.Select(p => (p.Number, p.Type)), after.Select(p => (p.Number, p.Type)));
        Assert.Equal(before.Single(p => p.Number == root).Start, after.Single(p => p.Number == root).Start);
        var (grown, moved) = (after.Single(p => p.Number == root), after.Single(p => p.Number == swap));
        Assert.Equal(before.Single(p => p.Number == swap).Size, moved.Size);
        Assert.InRange((moved.Start + moved.Size) * 512, 298 * MiB, 300 * MiB);
        Assert.InRange((moved.Start - grown.Start - grown.Size) * 512, 512, 2 * MiB);
        disk.MustBeOn(target);
        Assert.Equal("swap\n", Tool.Must("blkid", "-p", "-s", "TYPE", "-o", "value", disk.Take(target, moved)).Output);
    }

    [Fact]
    public void What_is_in_the_way_is_named_before_anything_is_written()
    {
        var disk = new SizedDisk(_folder, "disk", 100, """
            label: gpt
            start=2048, size=32M, type=L
            size=32M, type=U
            size=16M, type=S
            """);
        foreach (var (number, make) in (IEnumerable<(int, string[])>)[(1, ["mke2fs", "-q", "-t", "ext4"]), (2, ["mkfs.fat"]), (3, ["mkswap"])])
            disk.Format(number, make);
        MatrixProgram.Must("image", "create", disk.Path, Image, "--quiet");
        var target = Target(200);
        foreach (var (number, message) in (IEnumerable<(string, string)>)
            [("2", "it holds FAT"), ("3", "it holds swap"), ("LAST", "it holds swap"), ("7", "no partition 7")])
        {
            var refused = MatrixProgram.Run("image", "restore", Image, target, "--grow", number, "--dry-run");
            Assert.Equal(number == "7" ? 2 : 4, refused.ExitCode);
            Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        }
        Assert.Equal(2, MatrixProgram.Run("image", "restore", Image, target, "--grow", "1", "--partition", "1").ExitCode);
        Assert.Equal(2, MatrixProgram.Run("image", "restore", Image, _folder.File("new"), "--grow", "LAST").ExitCode);
        Assert.False(File.ReadAllBytes(target).AsSpan().ContainsAnyExcept((byte)0));
    }

    /// <summary>It would go on with a file system and a table that are not what it has in its memory.</summary>
    [Fact]
    public void The_disk_of_a_suspended_system_is_neither_grown_nor_shrunk()
    {
        var disk = new SizedDisk(_folder, "disk", 60, "label: gpt\nstart=2048, size=16M, type=S\nsize=32M, type=L\n");
        disk.Format(1, "mkswap");
        disk.Format(2, "mke2fs", "-q", "-t", "ext4");
        using (var file = File.OpenWrite(disk.Path))
        {
            file.Position = MiB + 4086;
            file.Write("S1SUSPEND\0"u8);
        }
        MatrixProgram.Must("image", "create", disk.Path, Image, "--quiet");
        foreach (var (mebibytes, option) in (IEnumerable<(int, string)>)[(100, "--grow=LAST"), (40, "--shrink")])
        {
            var refused = MatrixProgram.Run("image", "restore", Image, Target(mebibytes), option, "--confirm", "target");
            Assert.Equal(4, refused.ExitCode);
            Assert.Contains("partition 1 holds a suspended system", refused.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Its own tool finds the file system at fault, so that it is not grown; what was restored stays.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_disk_whose_file_system_cannot_be_grown_is_complete_but_for_that()
    {
        var disk = new SizedDisk(_folder, "disk", 40, "label: gpt\nstart=2048, size=32M, type=L\n");
        disk.Format(1, "mkntfs", "-q", "-F", "-f");
        var volume = disk.Take(disk.Path, SizedDisk.Partitions(disk.Path)[0]);
        Tool.Must("ntfsresize", "--force", "--no-progress-bar", "--size", $"{24 * MiB}", volume); // marks it for a check
        Tool.Must("dd", $"if={volume}", $"of={disk.Path}", "bs=1M", "seek=1", "conv=notrunc", "status=none");
        MatrixProgram.Must("image", "create", disk.Path, Image, "--quiet");
        var target = Target(100);
        var result = MatrixProgram.Run("image", "restore", Image, target, "--confirm", "target", "--grow", "1", "--quiet");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("Partition 1 was not grown, all else is complete", result.Output, StringComparison.Ordinal);
        SizedDisk.TableMustBeSound(target);
        Assert.Equal(98 * 2048, SizedDisk.Partitions(target)[0].Size);
        Assert.Equal(0, Tool.Run("cmp", "-n", $"{32 * MiB}", disk.Take(disk.Path, SizedDisk.Partitions(disk.Path)[0]), disk.Take(target, SizedDisk.Partitions(target)[0])).ExitCode);
    }

    /// <summary>Told to end as soon as the table has begun to change, it leaves a sound table, and a file system with its files.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void One_that_is_cut_off_while_it_grows_leaves_a_whole_disk()
    {
        var disk = new SizedDisk(_folder, "disk", 140, """
            label: dos
            start=2046, size=263170, type=5
            start=2048, size=32768, type=82
            start=36864, size=196608, type=83
            """);
        disk.Fill(6, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 5);
        MatrixProgram.Must("image", "create", disk.Path, Image, "--quiet");
        var target = Target(260);
        using var process = Process.Start(new ProcessStartInfo(MatrixProgram.Path, ["image", "restore", Image, target, "--confirm", "target", "--grow", "6"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        while (!process.HasExited && SectorsOfFirst(target) <= 263170) Thread.Sleep(1);
        Tool.Run("kill", "-s", "INT", $"{process.Id}");
        var said = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "it goes on");
        Assert.True(process.ExitCode is 0 or 130, said);
        if (process.ExitCode == 130) Assert.Contains("is complete; only the growing of partition 6 was not finished", said, StringComparison.Ordinal);
        SizedDisk.TableMustBeSound(target);
        disk.MustBeOn(target);
    }

    private string Image => _folder.File("disk.rki");

    private string Target(int mebibytes) => SparseFile.Create(_folder.File("target"), mebibytes * MiB);

    private JsonElement Restore(SizedDisk disk, string target, params string[] options)
    {
        MatrixProgram.Must("image", "create", disk.Path, Image, "--quiet");
        var id = JsonDocument.Parse(MatrixProgram.Must("disk", "show", target, "--json")).RootElement.GetProperty("confirm_id").GetString()!;
        return MatrixProgram.Json(["image", "restore", Image, target, "--confirm", id, "--quiet", .. options]);
    }

    /// <summary>Of the file system itself, in bytes.</summary>
    private static long Length(string kind, string volume)
    {
        var (said, count, unit) = kind switch
        {
            "NTFS" => (Tool.Must("ntfscluster", "-f", "-i", volume).Output, @"bytes per volume\s*:\s*(\d+)", ""),
            "XFS" => (Tool.Must("xfs_db", "-r", "-c", "sb 0", "-c", "print dblocks blocksize", volume).Output, @"dblocks = (\d+)", @"blocksize = (\d+)"),
            "btrfs" => (Tool.Must("btrfs", "inspect-internal", "dump-super", volume).Output, @"total_bytes\s+(\d+)", ""),
            _ => (Tool.Must("dumpe2fs", "-h", volume).Output, @"Block count:\s+(\d+)", @"Block size:\s+(\d+)"),
        };
        return Number(said, count) * (unit.Length == 0 ? 1 : Number(said, unit));
    }

    /// <summary>The length of an MBR's first entry, in sectors; of a file that is being written to.</summary>
    private static long SectorsOfFirst(string disk)
    {
        // The run holds its lock, which this runtime would want to share.
        return long.Parse(Tool.Must("od", "--address-radix=n", "--format=u4", $"--skip-bytes={446 + 12}", "--read-bytes=4", disk).Output);
    }

    private static long Number(string text, string pattern)
    {
        var match = System.Text.RegularExpressions.Regex.Match(text, pattern);
        Assert.True(match.Success, $"no '{pattern}' in:\n{text}");
        return long.Parse(match.Groups[1].Value);
    }
}
