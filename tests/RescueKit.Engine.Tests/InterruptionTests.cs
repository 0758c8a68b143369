using RescueKit.Disks.PartitionTables;
using RescueKit.FileSystems;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests;

/// <summary>Failures and cancellation at any index of a run: the source is untouched, the image resumable, the target not mountable.</summary>
[Collection("disks")]
public class InterruptionTests(DiskFixture disks)
{
    public static TheoryData<string> Kinds() => ["gpt", "mbr"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_restore_that_fails_at_any_write_leaves_nothing_that_mounts_unless_all_data_is_there(string kind)
    {
        var store = Bench.TakeImage(disks.Bytes(kind));
        var operations = CountWrites(store, disks.Disk(kind).Length);
        var random = new Random(11);
        // The first and last ones each, where tables and superblocks go; of those between, some.
        var indexes = Enumerable.Range(1, operations)
            .Where(i => i <= 12 || i > operations - 25 || random.Next(operations) < 15 * TestScale.Factor).ToList();
        foreach (var failAt in indexes)
        {
            var target = MemoryDisk.FromBytes(disks.Bytes(kind == "gpt" ? "mbr" : "gpt"));
            FailAt(target, failAt);
            var error = Assert.Throws<BlockWriteException>(() => Bench.Restore(store, target));
            Assert.Contains("incomplete", error.Message, StringComparison.Ordinal);
            target.Before = null;
            MustNotMount(target, kind, failAt, operations);
        }
    }

    [Fact]
    public void A_backup_that_fails_at_any_read_or_append_is_resumed_to_the_same_image()
    {
        var reference = new MemoryStore();
        var digest = Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), reference).RootDigest;
        var random = new Random(3);
        for (var round = 0; round < 8 * TestScale.Factor; round++)
        {
            var store = new MemoryStore();
            var count = 0;
            var failAt = 1 + random.Next(60);
            store.Before = (operation, _, _) =>
            {
                if (operation is "append" or "flush" && ++count == failAt) throw new NoSpaceException("the fake store is full");
            };
            try
            {
                Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store);
                continue; // fewer operations than that
            }
            catch (NoSpaceException)
            {
                store.Before = null;
                store.PowerCut();
            }
            if (!store.Exists(Bench.Image) || store.Parts[Bench.Image].Length == 0) continue; // failed before anything was on the disk
            Resume(store, digest);
        }
    }

    [Fact]
    public void A_backup_cancelled_anywhere_is_resumed_to_the_same_digest()
    {
        var digest = Bench.Backup(MemoryDisk.FromBytes(disks.MbrBytes), new MemoryStore()).RootDigest;
        var random = new Random(4);
        for (var round = 0; round < 5 * TestScale.Factor; round++)
        {
            using var cancel = new CancellationTokenSource();
            var store = new MemoryStore();
            var reads = 0;
            var cancelAt = 20 + random.Next(40);
            var source = MemoryDisk.FromBytes(disks.MbrBytes);
            source.Before = (_, _) =>
            {
                if (Interlocked.Increment(ref reads) == cancelAt) cancel.Cancel();
            };
            var receipts = new Dictionary<string, byte[]>();
            try
            {
                Bench.Backup(source, store, receipts: receipts, cancel: cancel.Token);
                continue;
            }
            catch (OperationCanceledException)
            {
                if (!store.Exists(Bench.Image)) continue;
            }
            Assert.Contains("cancelled", System.Text.Encoding.UTF8.GetString(receipts[$"{Bench.Image}.receipt.json"]), StringComparison.Ordinal);
            var receipt = Bench.Backup(MemoryDisk.FromBytes(disks.MbrBytes), store, Bench.BackupRequest with { Resume = true });
            Assert.Equal(digest, receipt.RootDigest);
        }
    }

    [Fact]
    public void A_corrupted_target_is_found_by_verify()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        using var image = ImageReader.Open(store, Bench.Image);
        var used = image.ReadRegion(0).Used;
        var where = used[used.Count / 2].Offset + 5;
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var flushes = 0;
        target.Before = (operation, _) =>
        {
            if (operation == "flush") flushes++;
            if (operation != "read" || flushes < 5) return;
            target.Before = null; // the last flush is done: what is read now is the verification
            var one = new byte[1];
            target.Read(where, one);
            target.Write(where, [(byte)~one[0]]);
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Restore(store, target, Bench.RestoreRequest with { Verify = true }));
        Assert.Contains("does not hold what was written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_image_has_a_receipt_that_tells_nothing_about_the_disk()
    {
        var receipts = new Dictionary<string, byte[]>();
        var store = new MemoryStore();
        var request = Bench.BackupRequest with { Passphrase = "open sesame"u8.ToArray() };
        var receipt = Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store, request, receipts: receipts);
        var json = System.Text.Encoding.UTF8.GetString(receipts[$"{Bench.Image}.receipt.json"]);
        Assert.Contains(receipt.ImageId.ToString()!, json, StringComparison.Ordinal);
        foreach (var secret in new[] { "memory", "EFI", "root", "NTFS", "ext4", receipt.RootDigest!, receipt.SourceMetadataBefore!, $"{disks.Gpt.Length}", $"{receipt.BytesRead}" })
            Assert.DoesNotContain(secret, json.Replace("root_digest", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var target = Bench.RandomDisk(disks.Gpt.Length);
        Assert.Equal(0, Bench.Restore(store, target, Bench.RestoreRequest with { Passphrase = () => "open sesame"u8.ToArray() }).ExitCode);
        Assert.Throws<WrongPassphraseException>(() =>
            Bench.PrepareRestore(store, target, Bench.RestoreRequest with { Passphrase = () => "open barley"u8.ToArray() }));
    }

    private void Resume(MemoryStore store, string? digest)
    {
        var source = MemoryDisk.FromBytes(disks.GptBytes);
        var receipt = Bench.Backup(source, store, Bench.BackupRequest with { Resume = true });
        Assert.Equal((digest, 0), (receipt.RootDigest, receipt.ExitCode));
        Assert.Equal(0, source.WrittenBytes - disks.GptBytes.Length);
    }

    private static int CountWrites(MemoryStore store, long length)
    {
        var count = 0;
        var target = new MemoryDisk(length) { Before = (operation, _) => { if (operation != "read") Interlocked.Increment(ref count); } };
        Bench.Restore(store, target);
        return count;
    }

    private static void FailAt(MemoryDisk target, int index)
    {
        var count = 0;
        target.Before = (operation, extent) =>
        {
            if (operation != "read" && Interlocked.Increment(ref count) >= index) throw new BlockWriteException("the fake disk fails", extent);
        };
    }

    /// <summary>Nothing is recognised; or, when only the last few writes are missing, what is recognised is whole.</summary>
    private void MustNotMount(MemoryDisk target, string kind, int failAt, int operations)
    {
        if (failAt == 1) return; // nothing was written: the target is what it was
        var after = target.ToArray();
        var whole = true;
        foreach (var volume in disks.Disk(kind).Volumes)
        {
            using var slice = new BlockSourceSlice(target, new Extent(volume.Offset, volume.Length), "volume");
            var type = VolumeProbe.Read(slice, new AllocationOptions()).Type;
            if (type is "unknown" or "empty") whole = false;
            else Assert.True(Equal(after, kind, volume.Offset, volume.Length), $"write {failAt} of {operations}: {type} is recognised and not whole");
        }
        if (PartitionTableReader.Read(target) is { Kind: not PartitionTableKind.None } layout)
            Assert.True(whole, $"write {failAt} of {operations}: a {layout.Kind} table is recognised and not all volumes are whole");
    }

    private bool Equal(byte[] after, string kind, long offset, long length)
    {
        using var volume = new BlockSourceSlice(MemoryDisk.FromBytes(disks.Bytes(kind)), new Extent(offset, length), "volume");
        var content = VolumeProbe.Read(volume, new AllocationOptions());
        return content.Map!.UsedIn(new Extent(0, length)).All(e =>
            after.AsSpan((int)(offset + e.Offset), (int)e.Length).SequenceEqual(disks.Bytes(kind).AsSpan((int)(offset + e.Offset), (int)e.Length)));
    }
}
