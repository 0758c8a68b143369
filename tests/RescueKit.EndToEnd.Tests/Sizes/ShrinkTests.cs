using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Sizes;

/// <summary>Images that are restored onto smaller disks, with file systems shrunk by their own tools. Needs root, FUSE, and for btrfs loop devices.</summary>
public sealed class ShrinkTests : IDisposable
{
    private const long MiB = 1 << 20;
    private readonly TempFolder _folder = new();
    private readonly string _temporary;

    public ShrinkTests() => _temporary = _folder.Folder("temporary");

    /// <summary>Nothing is left of what was made on the way, however it ended.</summary>
    public void Dispose()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
        Assert.DoesNotContain(_folder.FullPath, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.FullPath, Tool.Must("losetup", "--list", "--noheadings", "--output", "BACK-FILE").Output, StringComparison.Ordinal);
        _folder.Dispose();
    }

    /// <summary>EFI system partition, ext4 that shrinks, swap and NTFS that move; ids, names and attributes stay.</summary>
    [Fact]
    public void A_gpt_disk_fits_a_smaller_one_with_every_file()
    {
        var disk = new SizedDisk(_folder, "disk", 260, """
            label: gpt
            start=2048, size=16M, type=U, name="EFI system"
            size=128M, type=L, name="root", attrs="GUID:60"
            size=16M, type=S
            size=96M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="Windows"
            """);
        disk.Fill(2, MatrixMountedVolume.Ext("ext4", 128, "-t", "ext4"), 3);
        disk.Fill(4, MatrixMountedVolume.Ntfs(4096, 96), 4);
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(200);
        var digests = (MatrixDisk.Digest(disk.Path), MakeImage(disk));
        var receipt = Restore(target, "--verify");

        Assert.Equal(digests, (MatrixDisk.Digest(disk.Path), MatrixDisk.Digest(Image)));
        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal(before.Select(p => (p.Number, p.Type, p.Id, p.Name)), after.Select(p => (p.Number, p.Type, p.Id, p.Name)));
        Assert.Equal((before[0], before[1].Start, before[2].Size, before[3].Size), (after[0], after[1].Start, after[2].Size, after[3].Size));
        Assert.Equal(199 * MiB, (after[3].Start + after[3].Size) * 512);
        Assert.Equal(after[3].Start, HiddenSectors(target, after[3]));
        disk.MustBeOn(target);
        Assert.Equal("complete", receipt.GetProperty("verdict").GetString());
        Assert.Equal([null, null, after[1].Size * 512, null, null], receipt.GetProperty("partitions").EnumerateArray().OrderBy(p => p.GetProperty("target_number").ToString())
            .Select(p => p.GetProperty("target_length")).Select(length => length.ValueKind == JsonValueKind.Null ? (long?)null : length.GetInt64()));
    }

    /// <summary>What a BIOS starts: boot code, GRUB's image in the gap; NTFS that shrinks where it is, logical partitions that move.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void An_mbr_disk_with_logical_partitions_keeps_what_a_bios_starts()
    {
        var disk = new SizedDisk(_folder, "disk", 270, """
            label: dos
            start=2048, size=196608, type=7, bootable
            start=200702, size=350210, type=5
            start=200704, size=65536, type=82
            start=268288, size=262144, type=83
            """);
        disk.Fill(1, MatrixMountedVolume.Ntfs(4096, 96), 5);
        disk.Fill(6, MatrixMountedVolume.Ext("ext4", 128, "-t", "ext4"), 6);
        var gap = _folder.File("gap");
        MatrixDisk.OfRandomBytes(gap, MiB, 7);
        Tool.Must("dd", $"if={gap}", $"of={disk.Path}", "bs=440", "count=1", "conv=notrunc", "status=none");
        Tool.Must("dd", $"if={gap}", $"of={disk.Path}", "bs=512", "count=100", "skip=1", "seek=1", "conv=notrunc", "status=none");
        var before = SizedDisk.Partitions(disk.Path);
        var target = Target(150);
        MakeImage(disk);
        Restore(target);

        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal(before.Select(p => (p.Number, p.Type)), after.Select(p => (p.Number, p.Type)));
        Assert.Equal((before[0].Start, before[2].Size), (after[0].Start, after[2].Size));
        Assert.All(after.Where(p => p.Number is 1 or 6), p => Assert.True(p.Size < before.Single(b => b.Number == p.Number).Size));
        foreach (var (offset, length) in (IEnumerable<(int, int)>)[(0, 444), (512, 100 * 512)])
            Assert.Equal(0, Tool.Run("cmp", "-i", $"{offset}", "-n", $"{length}", disk.Path, target).ExitCode);
        disk.MustBeOn(target);
    }

    /// <summary>Without an image between, and with ids of its own; the source stays as it is.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_disk_is_cloned_onto_a_smaller_one()
    {
        var disk = new SizedDisk(_folder, "disk", 140, "label: gpt\nstart=2048, size=96M, type=L\nsize=16M, type=S\n");
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 3);
        disk.Format(2, "mkswap");
        var (digest, before) = (MatrixDisk.Digest(disk.Path), SizedDisk.Partitions(disk.Path));
        var target = Target(100);
        Assert.Equal(4, Run("clone", disk.Path, target, "--confirm", "target").ExitCode);
        Assert.Equal(2, Run("clone", disk.Path, target, "--shrink", "--on-bad-sector", "skip", "--confirm", "target").ExitCode);
        var made = Run("clone", disk.Path, target, "--shrink", "--new-ids", "--confirm", "target", "--verify", "--quiet");
        Assert.True(made.Ok, made.Everything);
        Assert.Equal(digest, MatrixDisk.Digest(disk.Path));
        SizedDisk.TableMustBeSound(target);
        var after = SizedDisk.Partitions(target);
        Assert.Equal((before[0].Start, before[1].Size), (after[0].Start, after[1].Size));
        Assert.Empty(before.Select(p => p.Id).Intersect(after.Select(p => p.Id)));
        disk.MustBeOn(target);
    }

    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void A_btrfs_shrinks()
    {
        var disk = new SizedDisk(_folder, "disk", 520, "label: gpt\nstart=2048, size=512M, type=L\n");
        disk.Fill(1, MatrixMountedVolume.Btrfs("btrfs", 512, "noatime"), 8);
        MakeImage(disk);
        var target = Target(300);
        Restore(target);
        SizedDisk.TableMustBeSound(target);
        disk.MustBeOn(target);
    }

    /// <summary>One sector above what is needed and one below it; and the refusal says how much is missing.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void Contents_that_do_not_fit_are_refused_by_the_bytes_that_are_missing()
    {
        var disk = new SizedDisk(_folder, "disk", 140, "label: dos\nstart=2048, size=16M, type=83\nsize=96M, type=83\nsize=16M, type=c\n");
        disk.Fill(2, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 9);
        MakeImage(disk);
        var target = Target(20);
        var refused = Run("image", "restore", Image, target, "--shrink", "--dry-run");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("partition 1 (", refused.Error, StringComparison.Ordinal);
        var missing = long.Parse(System.Text.RegularExpressions.Regex.Match(refused.Error, @"too small by (\d+) bytes").Groups[1].Value);
        Target((int)((20 * MiB + missing) / MiB));
        Tool.Must("truncate", "-s", "-512", target);
        refused = Run("image", "restore", Image, target, "--shrink", "--confirm", "target");
        Assert.Equal(4, refused.ExitCode);
        Assert.False(File.ReadAllBytes(target).AsSpan().ContainsAnyExcept((byte)0));
        Tool.Must("truncate", "-s", "+512", target);
        Restore(target);
        disk.MustBeOn(target);
    }

    [Fact]
    public void Without_being_asked_for_it_is_refused_and_named()
    {
        var disk = new SizedDisk(_folder, "disk", 100, "label: gpt\nstart=2048, size=96M, type=L\n");
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 9);
        MakeImage(disk);
        var refused = Run("image", "restore", Image, Target(60), "--confirm", "target");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("--shrink", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>e2fsck would have to repair it: nobody has agreed to that.</summary>
    [Fact]
    public void A_file_system_with_an_error_is_refused()
    {
        var disk = new SizedDisk(_folder, "disk", 100, "label: gpt\nstart=2048, size=96M, type=L\n");
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 9);
        var volume = disk.Take(disk.Path, SizedDisk.Partitions(disk.Path)[0]);
        Tool.Must("debugfs", "-w", "-R", "set_inode_field <2> links_count 77", volume);
        Tool.Must("dd", $"if={volume}", $"of={disk.Path}", "bs=1M", "seek=1", "conv=notrunc", "status=none");
        MakeImage(disk);
        var target = Target(60);
        var refused = Run("image", "restore", Image, target, "--shrink", "--confirm", "target");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("would have to be repaired", refused.Error, StringComparison.Ordinal);
        Assert.False(File.ReadAllBytes(target).AsSpan().ContainsAnyExcept((byte)0));
    }

    /// <summary>Interrupted at one moment after the other, the target says that it is incomplete, or nothing was written; then another run finishes it.</summary>
    [Fact]
    [Trait(TestScale.Tier, TestScale.Wide)]
    public void One_that_is_cut_off_leaves_nothing_behind_but_a_target_that_says_so()
    {
        var disk = new SizedDisk(_folder, "disk", 140, "label: gpt\nstart=2048, size=128M, type=L\n");
        disk.Fill(1, MatrixMountedVolume.Ext("ext4", 128, "-t", "ext4"), 11);
        var digest = MakeImage(disk);
        var target = Target(100);
        var cut = 0;
        for (var delay = 400; delay < 4000 && cut < 5; delay += 400)
        {
            MatrixDisk.OfRandomBytes(target, 100 * MiB, 1);
            using var process = Process.Start(Program("image", "restore", Image, target, "--shrink", "--confirm", "target", "--verify", "--scratch", _temporary))!;
            Thread.Sleep(delay);
            if (!process.HasExited) Tool.Run("kill", "-s", "INT", $"{process.Id}");
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "it goes on");
            if (process.ExitCode == 0) continue;
            cut++;
            Assert.Equal(130, process.ExitCode);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
        }
        Assert.True(cut > 0, "it was always faster");
        Restore(target);
        SizedDisk.TableMustBeSound(target);
        disk.MustBeOn(target);
        Assert.Equal(digest, MatrixDisk.Digest(Image));
    }

    private string Image => _folder.File("disk.rki");

    private string Target(int mebibytes) => SparseFile.Create(_folder.File("target"), mebibytes * MiB);

    /// <returns>Its digest.</returns>
    private string MakeImage(SizedDisk disk)
    {
        var made = Run("image", "create", disk.Path, Image, "--quiet");
        Assert.True(made.Ok, made.Everything);
        return MatrixDisk.Digest(Image);
    }

    private JsonElement Restore(string target, params string[] options)
    {
        var result = Run(["image", "restore", Image, target, "--shrink", "--confirm", "target", "--quiet", "--json", .. options]);
        Assert.True(result.Ok, result.Everything);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private ToolResult Run(params string[] arguments) =>
        Tool.Run(new ToolRequest(MatrixProgram.Path, arguments) { Environment = new Dictionary<string, string> { ["TMPDIR"] = _temporary } });

    private ProcessStartInfo Program(params string[] arguments)
    {
        var start = new ProcessStartInfo(MatrixProgram.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMPDIR"] = _temporary;
        return start;
    }

    /// <summary>What the boot sector says of where its partition begins; sectors.</summary>
    private static long HiddenSectors(string disk, SizedPartition partition)
    {
        using var file = File.OpenRead(disk);
        file.Position = partition.Start * 512 + 0x1C;
        var bytes = new byte[4];
        file.ReadExactly(bytes);
        return BitConverter.ToUInt32(bytes);
    }
}
