using RescueKit.Disks;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests;

/// <summary>Every refusal comes before the first write.</summary>
[Collection("disks")]
public class SafetyTests(DiskFixture disks)
{
    private static readonly DiskGeometry File = new(512, 512, new DiskIdentity("file")) { SectorSizeIsGuess = true };

    [Fact]
    public void A_target_too_small_is_refused_with_both_sizes()
    {
        var error = Refused(Bench.TakeImage(disks.GptBytes), new MemoryDisk(disks.Gpt.Length - 512));
        Assert.Contains($"{disks.Gpt.Length - 512}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{disks.Gpt.Length}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_with_other_sectors_is_refused() => Refused(Bench.TakeImage(disks.GptBytes), new MemoryDisk(disks.Gpt.Length, 4096));

    [Fact]
    public void A_partition_too_small_or_missing_is_refused()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        Refused(store, MemoryDisk.FromBytes(disks.MbrBytes), Bench.RestoreRequest with { Partitions = [new(2, 1)] });
        Refused(store, MemoryDisk.FromBytes(disks.MbrBytes), Bench.RestoreRequest with { Partitions = [new(1, 9)] });
        Assert.Throws<UsageException>(() =>
            Bench.Restore(store, MemoryDisk.FromBytes(disks.MbrBytes), Bench.RestoreRequest with { Partitions = [new(9, 1)] }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_of_a_set_is_refused_as_a_disk_and_for_single_partitions(bool wholeDisk)
    {
        var member = MemoryDisk.FromBytes(disks.MbrBytes);
        // Intel's metadata lies in the second sector from the end (Linux, mdadm super-intel.c).
        var metadata = new byte[512];
        "Intel Raid ISM Cfg Sig. 1.3.00"u8.CopyTo(metadata);
        member.Write(member.Length - 1024, metadata);
        var request = wholeDisk ? Bench.RestoreRequest : Bench.RestoreRequest with { Partitions = [new(1, 1)] };
        Assert.Contains("member", Refused(Bench.TakeImage(disks.GptBytes), member, request).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_name_that_names_no_device_never_becomes_a_file()
    {
        using var folder = new TempFolder();
        var image = folder.File("a.rki");
        using (var run = Runs.Backup(new BackupRequest(disks.Gpt.Path, image))) run.Execute(null, null, default);
        const string Mistyped = "/dev/rescuekit-no-such-disk";
        foreach (var prepare in (Func<IRun>[])
            [
                () => Runs.Restore(new RestoreRequest(image, Mistyped)), () => Runs.Clone(new CloneRequest(disks.Gpt.Path, Mistyped)),
                () => Runs.Backup(new BackupRequest(disks.Gpt.Path, Mistyped)),
            ])
        {
            Assert.Contains("no device", Assert.Throws<SafetyException>(prepare).Message, StringComparison.Ordinal);
        }
        Assert.Throws<SafetyException>(() => Receipts.ReceiptFile.Prepare(Mistyped));
        Assert.False(System.IO.File.Exists(Mistyped));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("OTHER")]
    [InlineData("target")]
    [InlineData("")]
    public void Nothing_is_written_without_the_right_confirmation(string? typed)
    {
        var target = Counting(Bench.RandomDisk(disks.Gpt.Length), out var writes);
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), target);
        Assert.Equal(Bench.Confirm, run.Plan.ConfirmId);
        Assert.Throws<SafetyException>(() => run.Execute(typed, null, default));
        Assert.Equal(0, writes());
    }

    [Fact]
    public void A_target_that_changed_since_the_plan_is_refused()
    {
        var disk = Bench.RandomDisk(disks.Gpt.Length);
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), disk);
        disk.Write(512, new byte[512]);
        Counting(disk, out var writes);
        Assert.Throws<SafetyException>(() => run.Execute(Bench.Confirm, null, default));
        Assert.Equal(0, writes());
    }

    [Fact]
    public void A_source_that_changed_since_the_plan_is_refused_and_one_that_changes_meanwhile_fails()
    {
        var disk = MemoryDisk.FromBytes(disks.GptBytes);
        using (var run = new BackupRun(disk, new MemoryStore(), Bench.Image, Bench.BackupRequest, Bench.Resources, (_, _) => { }))
        {
            disk.Write(disks.Gpt.Volumes[1].Offset + 1024, new byte[1024]);
            Assert.Throws<SafetyException>(() => run.Execute(null, null, default));
        }

        var store = new MemoryStore();
        var again = MemoryDisk.FromBytes(disks.GptBytes);
        var appended = false;
        store.Before = (operation, _, _) =>
        {
            if (operation != "append" || appended) return;
            appended = true;
            again.Write(disks.Gpt.Volumes[1].Offset + 1024 + 48, [1, 2, 3, 4]);
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Backup(again, store));
        Assert.Contains("written to by something else", error.Message, StringComparison.Ordinal);
        store.Before = null;
        using var left = ImageReader.Open(store, Bench.Image);
        Assert.False(left.IsComplete, "an image that mixes two states of its disk looks whole");
    }

    [Fact]
    public void A_file_that_is_written_to_in_its_middle_while_it_is_read_is_noticed()
    {
        using var folder = new TempFolder();
        var path = folder.File("disk.img");
        System.IO.File.WriteAllBytes(path, disks.GptBytes);
        var store = new MemoryStore();
        var appended = false;
        store.Before = (operation, _, _) =>
        {
            if (operation != "append" || appended) return;
            appended = true;
            // Far from every table and superblock: nothing but the file's own times tells.
            Tool.Must("dd", "if=/dev/urandom", $"of={path}", "bs=4096", $"seek={(disks.Gpt.Volumes[1].Offset + (10 << 20)) / 4096}", "count=1", "conv=notrunc", "status=none");
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Backup(Bench.OpenFile(path), store));
        Assert.Contains("written to by something else", error.Message, StringComparison.Ordinal);
        store.Before = null;
        using (var left = ImageReader.Open(store, Bench.Image)) Assert.False(left.IsComplete);

        var disk = BlockDevices.OpenTarget(path);
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), disk);
        Tool.Must("dd", "if=/dev/urandom", $"of={path}", "bs=4096", "seek=6000", "count=1", "conv=notrunc", "status=none");
        Assert.Throws<SafetyException>(() => run.Execute(Bench.Confirm, null, default));
    }

    [Fact]
    public void An_image_that_exists_is_not_overwritten()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        Assert.Throws<SafetyException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store));
        Assert.Throws<UsageException>(() =>
            Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), new MemoryStore(), Bench.BackupRequest with { Resume = true }));
    }

    [Fact]
    public void An_incomplete_image_is_not_restored()
    {
        var store = new MemoryStore();
        using var cancel = new CancellationTokenSource();
        store.Before = (operation, _, _) =>
        {
            if (operation == "append") cancel.Cancel();
        };
        Assert.ThrowsAny<OperationCanceledException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store, cancel: cancel.Token));
        store.Before = null;
        var target = Counting(Bench.RandomDisk(disks.Gpt.Length), out var writes);
        Assert.ThrowsAny<ImageException>(() => Bench.Restore(store, target));
        Assert.Equal(0, writes());
    }

    [Fact]
    public void Disks_in_use_read_only_or_of_the_running_system_are_refused()
    {
        var free = new DiskInfo("/dev/x", 1 << 30, File, "X", false, false, []);
        SafetyChecks.Writable(free);
        Assert.Throws<SafetyException>(() => SafetyChecks.Writable(free with { ReadOnly = true }));
        Assert.Throws<SafetyException>(() => SafetyChecks.Writable(free with { IsSystemDisk = true }));
        var error = Assert.Throws<SafetyException>(() => SafetyChecks.Writable(free with { Uses = ["partition 2 mounted at /home"] }));
        Assert.Contains("/home", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_source_as_target_and_an_image_on_its_own_disk_are_refused_by_path()
    {
        using var folder = new TempFolder();
        var disk = folder.File("disk.img");
        System.IO.File.Copy(disks.Gpt.Path, disk);
        System.IO.File.CreateSymbolicLink(folder.File("link"), disk);
        Assert.Throws<SafetyException>(() => Runs.Clone(new CloneRequest(disk, folder.File("link"))));
        Assert.Throws<SafetyException>(() => Runs.Backup(new BackupRequest(disk, folder.File("link"))));
        Assert.Throws<SafetyException>(() => SafetyChecks.ImageLiesElsewhere("/mnt/a.rki", disk, "source", [folder.File("link")]));
        SafetyChecks.ImageLiesElsewhere("/mnt/a.rki", disk, "source", ["/dev/other"]);
    }

    [Fact]
    public void A_plan_through_paths_writes_nothing_and_names_what_is_lost()
    {
        using var folder = new TempFolder();
        var image = folder.File("a.rki");
        using (var run = Runs.Backup(new BackupRequest(disks.Gpt.Path, image)))
        {
            Assert.False(System.IO.File.Exists(image));
            Assert.Equal(4, run.Plan.Items.Count);
            Assert.Equal(0, run.Execute(null, null, default).ExitCode);
        }
        Assert.True(System.IO.File.Exists(image + ".receipt.json"));
        var target = folder.File("target");
        System.IO.File.WriteAllBytes(target, disks.MbrBytes);
        using (var run = Runs.Restore(new RestoreRequest(image, target)))
        {
            Assert.Equal("target", run.Plan.ConfirmId);
            Assert.Contains(run.Plan.Lost, l => l.Contains("NTFS", StringComparison.Ordinal));
        }
        Assert.Equal(Bench.Digest(disks.MbrBytes), Bench.Digest(System.IO.File.ReadAllBytes(target)));
        using (var run = Runs.Restore(new RestoreRequest(image, target))) Assert.Equal(0, run.Execute("target", null, default).ExitCode);
        disks.Gpt.MustEqual(target);
        using var verify = Runs.Verify(new VerifyRequest(image));
        Assert.Equal(0, verify.Execute(null, null, default).ExitCode);
    }

    [Theory]
    [InlineData("new")]
    [InlineData("empty")]
    [InlineData("link")]
    public void What_appears_at_the_target_after_the_plan_is_kept(string name)
    {
        using var folder = new TempFolder();
        System.IO.File.WriteAllBytes(folder.File("empty"), []);
        System.IO.File.CreateSymbolicLink(folder.File("link"), folder.File("empty"));
        var target = folder.File(name);
        using (var run = Runs.Clone(new CloneRequest(disks.Gpt.Path, target)))
        {
            Assert.Null(run.Plan.ConfirmId);
            Tool.Must("sh", "-c", $"printf precious > {target}"); // a program that knows no locks
            Assert.Throws<SafetyException>(() => run.Execute(null, null, default));
            Assert.Equal("precious", Tool.Must("cat", target).Output);
        }
        System.IO.File.WriteAllBytes(target, []);
        using (var run = Runs.Clone(new CloneRequest(disks.Gpt.Path, target))) Assert.Equal(0, run.Execute(null, null, default).ExitCode);
        disks.Gpt.MustEqual(target);
        Assert.Equal(name == "link", new FileInfo(target).LinkTarget is not null);
    }

    [Fact]
    public void A_new_file_that_may_not_fit_is_warned_of()
    {
        using var folder = new TempFolder();
        var path = folder.File("new.img");
        using (var run = new CloneRun(new FullDisk(1L << 50), TargetAccess.New(path), Bench.CloneRequest, Bench.Resources))
            Assert.Contains(run.Plan.Warnings, w => w.Contains("bytes free", StringComparison.Ordinal));
        using (var run = new CloneRun(MemoryDisk.FromBytes(disks.GptBytes), TargetAccess.New(path), Bench.CloneRequest, Bench.Resources))
            Assert.DoesNotContain(run.Plan.Warnings, w => w.Contains("bytes free", StringComparison.Ordinal));
        using (var run = new RestoreRun(ImageReader.Open(Bench.TakeImage(disks.GptBytes), Bench.Image), TargetAccess.New(path), Bench.RestoreRequest, Bench.Resources))
            Assert.DoesNotContain(run.Plan.Warnings, w => w.Contains("bytes free", StringComparison.Ordinal));
        Assert.False(System.IO.File.Exists(path));
    }

    /// <summary>A disk that cannot tell where it holds zeros.</summary>
    private sealed class FullDisk(long length) : IBlockSource
    {
        public string Name => "full";
        public long Length => length;
        public DiskGeometry Geometry { get; } = new(512, 512, new DiskIdentity("disk"));
        public void Read(long offset, Span<byte> buffer) => buffer.Clear();
        public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);
        public void Dispose() { }
    }

    private static SafetyException Refused(MemoryStore store, MemoryDisk disk, RestoreRequest? request = null)
    {
        var target = Counting(disk, out var writes);
        var error = Assert.Throws<SafetyException>(() => Bench.Restore(store, target, request));
        Assert.Equal(0, writes());
        Assert.NotNull(error.Remedy);
        return error;
    }

    private static MemoryDisk Counting(MemoryDisk disk, out Func<int> writes)
    {
        var count = 0;
        disk.Before = (operation, _) =>
        {
            if (operation != "read") Interlocked.Increment(ref count);
        };
        writes = () => count;
        return disk;
    }
}
