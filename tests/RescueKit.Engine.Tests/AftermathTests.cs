using System.Text;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>What a failed run says of the state it leaves, and of what helps, is so.</summary>
[Collection("disks")]
public class AftermathTests(DiskFixture disks)
{
    private const string ReceiptName = Bench.Image + ".receipt.json";

    [Fact]
    public void A_first_write_that_fails_leaves_the_old_disk_and_says_so()
    {
        var target = MemoryDisk.FromBytes(disks.MbrBytes);
        target.Before = (operation, extent) =>
        {
            if (operation is not "read") throw new BlockWriteException("the fake disk fails", extent, "do not trust it.");
        };
        var error = Assert.Throws<BlockWriteException>(() => Bench.Restore(Bench.TakeImage(disks.GptBytes), target));
        Assert.Contains("probably holds what it held before", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("do not trust it; then ", error.Remedy, StringComparison.Ordinal);
        target.Before = null;
        Assert.Equal(disks.MbrBytes, target.ToArray());
    }

    [Fact]
    public void After_a_last_sync_that_fails_nobody_says_that_the_disk_cannot_boot()
    {
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var clean = Bench.RandomDisk(disks.Gpt.Length);
        Bench.Restore(Bench.TakeImage(disks.GptBytes), clean);
        target.Before = (operation, _) =>
        {
            if (operation == "flush" && target.FlushCount == clean.FlushCount - 1) throw new DeviceException("the fake disk cannot sync");
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Restore(Bench.TakeImage(disks.GptBytes), target));
        Assert.Contains("all data is on", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("neither booted nor mounted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_partition_that_fails_says_that_the_rest_is_as_it_was()
    {
        var target = MemoryDisk.FromBytes(disks.MbrBytes);
        var flushes = 0;
        target.Before = (operation, extent) =>
        {
            if (operation == "flush") flushes++;
            if (operation == "write" && flushes == 1) throw new BlockWriteException("the fake disk fails", extent);
        };
        var error = Assert.Throws<BlockWriteException>(() =>
            Bench.Restore(Bench.TakeImage(disks.GptBytes), target, Bench.RestoreRequest with { Partitions = [new(1, 1)] }));
        Assert.Contains("the rest of it is as it was", error.Message, StringComparison.Ordinal);
        target.Before = null;
        var onto = disks.Mbr.Volumes[0];
        Assert.Equal(disks.MbrBytes[..(int)onto.Offset], target.ToArray()[..(int)onto.Offset]);
    }

    [Fact]
    public void A_failed_restore_has_a_receipt_that_says_how_far_it_came()
    {
        using var cancel = new CancellationTokenSource();
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var writes = 0;
        target.Before = (operation, _) =>
        {
            if (operation == "write" && Interlocked.Increment(ref writes) == 8) cancel.Cancel();
        };
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), target);
        var error = Assert.Throws<RunCancelledException>(() => run.Execute(Bench.Confirm, null, cancel.Token));
        Assert.Contains("neither booted nor mounted", error.Message, StringComparison.Ordinal);
        Assert.Equal(("failed", true, 130), (run.Receipt!.Verdict, run.Receipt.Cancelled, run.Receipt.ExitCode));
        Assert.Equal(error.Message, run.Receipt.Error);
        Assert.InRange(run.Receipt.BytesWritten, 1, run.Plan.BytesToWrite - 1);
        Assert.InRange(run.Receipt.BytesRead, 1, run.Plan.BytesToWrite);
    }

    [Fact]
    public void A_run_that_never_began_says_that_nothing_was_written()
    {
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), Bench.RandomDisk(disks.Gpt.Length));
        var error = Assert.Throws<RunCancelledException>(() => run.Execute(Bench.Confirm, null, new CancellationToken(true)));
        Assert.Equal("cancelled: nothing was written", error.Message);
        Assert.Null(error.Remedy);
    }

    [Fact]
    public void A_complete_image_whose_proof_is_cancelled_stays_complete_and_keeps_its_receipt()
    {
        using var cancel = new CancellationTokenSource();
        var (store, receipts) = (new MemoryStore(), new List<string>());
        using var run = new BackupRun(
            MemoryDisk.FromBytes(disks.GptBytes), store, Bench.Image, Bench.BackupRequest with { Verify = true }, Bench.Resources, (_, json) =>
            {
                receipts.Add(Encoding.UTF8.GetString(json));
                cancel.Cancel();
            });
        var error = Assert.Throws<RunCancelledException>(() => run.Execute(null, null, cancel.Token));
        Assert.Contains("the image is complete", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--resume", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("\"verdict\": \"complete\"", Assert.Single(receipts), StringComparison.Ordinal);
        Assert.True(run.Receipt!.Cancelled);
        using var image = ImageReader.Open(store, Bench.Image);
        Assert.True(image.IsComplete);
    }

    [Fact]
    public void Damage_found_when_reading_a_new_image_back_is_in_its_receipt()
    {
        var (store, receipts) = (new MemoryStore(), new Dictionary<string, byte[]>());
        using var run = new BackupRun(
            MemoryDisk.FromBytes(disks.GptBytes), store, Bench.Image, Bench.BackupRequest with { Verify = true }, Bench.Resources, (name, json) =>
            {
                receipts[name] = json;
                store.Parts[Bench.Image].Span[(int)store.Parts[Bench.Image].Length / 2] ^= 1;
            });
        var error = Assert.Throws<ImageDamagedException>(() => run.Execute(null, null, default));
        Assert.DoesNotContain("not been verified", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"verdict\": \"failed\"", Encoding.UTF8.GetString(receipts[ReceiptName]), StringComparison.Ordinal);
    }

    /// <summary>A store that failed is not asked for more: each call may wait for a server that went away.</summary>
    [Theory]
    [InlineData(5, false)]
    [InlineData(0, true)]
    public void A_failed_backup_has_its_receipt_unless_its_store_is_lost(int errno, bool isStored)
    {
        var appends = 0;
        Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), new MemoryStore { Before = (operation, _, _) => appends += operation == "append" ? 1 : 0 });
        var (store, middle) = (new MemoryStore(), appends / 2);
        store.Before = (operation, _, _) =>
        {
            if (operation == "append" && --middle <= 0) throw new DeviceException("something failed") { Errno = errno };
        };
        var receipts = new List<string>();
        using var run = new BackupRun(MemoryDisk.FromBytes(disks.GptBytes), store, Bench.Image, Bench.BackupRequest, Bench.Resources, (name, _) => receipts.Add(name));
        Assert.Throws<DeviceException>(() => run.Execute(null, null, default));
        Assert.Equal(isStored ? [ReceiptName] : [], receipts);
        Assert.Equal(isStored, run.HasStoredReceipt);
        Assert.Equal(!isStored, run.Receipt!.Warnings.Any(warning => warning.Contains("The receipt was not written", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_image_whose_last_sync_fails_is_not_called_incomplete()
    {
        var flushes = 0;
        var reference = new MemoryStore { Before = (operation, _, _) => flushes += operation == "flush" ? 1 : 0 };
        Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), reference);
        var store = new MemoryStore();
        store.Before = (operation, _, _) =>
        {
            if (operation == "flush" && --flushes == 0) throw new DeviceException("the fake store cannot sync", "look at the kernel log");
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store));
        Assert.DoesNotContain("not complete", error.Message, StringComparison.Ordinal);
        Assert.Contains("image verify", error.Remedy, StringComparison.Ordinal);
        Assert.StartsWith("look at the kernel log; then ", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_could_not_even_be_begun_leaves_no_file()
    {
        var (store, receipts) = (new MemoryStore(), new Dictionary<string, byte[]>());
        store.Before = (operation, _, _) =>
        {
            if (operation == "flush") throw new NoSpaceException("the fake store is full", "Free some room there.");
        };
        var error = Assert.Throws<NoSpaceException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store, receipts: receipts));
        Assert.DoesNotContain("resume", error.Remedy, StringComparison.Ordinal);
        Assert.Empty(store.Parts);
        Assert.Empty(receipts);
    }

    [Fact]
    public void What_helps_against_the_error_comes_before_what_helps_afterwards()
    {
        var store = FillingUp();
        var full = Assert.Throws<NoSpaceException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store));
        Assert.StartsWith("Free some room there; then go on", full.Remedy, StringComparison.Ordinal);

        var bad = new FailingSource(MemoryDisk.FromBytes(disks.GptBytes), ExtentSet.Of(new Extent(disks.Gpt.Volumes[1].Offset + (9 << 10), 512)));
        var read = Assert.Throws<BlockReadException>(() => Bench.Clone(bad, Bench.RandomDisk(disks.Gpt.Length)));
        Assert.Contains("--on-bad-sector skip", read.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_that_cannot_be_written_is_said_also_when_the_run_failed()
    {
        var store = FillingUp();
        using var run = new BackupRun(
            MemoryDisk.FromBytes(disks.GptBytes), store, Bench.Image, Bench.BackupRequest, Bench.Resources, (_, _) => throw new IOException("no room"));
        Assert.Throws<NoSpaceException>(() => run.Execute(null, null, default));
        Assert.Contains(run.Receipt!.Warnings, w => w.Contains("receipt could not be written: no room", StringComparison.Ordinal));
    }

    [Fact]
    public void Receipts_count_what_was_read_and_written()
    {
        var store = new MemoryStore();
        var backup = Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store);
        Assert.Equal(store.Parts[Bench.Image].Length, backup.BytesWritten);
        using var image = ImageReader.Open(store, Bench.Image);
        var page = image.ReadRegion(0);
        var data = Enumerable.Range(0, page.ChunkCount).Where(i => page.State(i) is not (ChunkState.Unallocated or ChunkState.Excluded))
            .Sum(i => page.Used.Clip(page.ChunkRange(i)).TotalLength);
        Assert.Equal(data, backup.BytesRead);

        var target = Bench.RandomDisk(disks.Gpt.Length);
        var written = 0L;
        target.Before = (operation, extent) => _ = operation == "write" ? Interlocked.Add(ref written, extent.Length) : 0;
        var restored = Bench.Restore(store, target);
        Assert.InRange(restored.BytesWritten, written, disks.Gpt.Length);
        var stored = Enumerable.Range(0, page.ChunkCount).Where(i => page.State(i) == ChunkState.Data).Sum(i => page.Used.Clip(page.ChunkRange(i)).TotalLength);
        Assert.Equal(stored, restored.BytesRead);
    }

    /// <summary>Takes the beginning of an image and nothing more.</summary>
    private static MemoryStore FillingUp()
    {
        var (store, begun) = (new MemoryStore(), false);
        store.Before = (operation, _, _) =>
        {
            if (operation == "append" && begun) throw new NoSpaceException("the fake store is full", "Free some room there.");
            begun |= operation == "flush";
        };
        return store;
    }
}
