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
        var (operations, invalidation) = CountWrites(store, Other(kind));
        var random = new Random(11);
        // The first and last ones each, where tables and superblocks go; of those between, some.
        var indexes = Enumerable.Range(1, operations)
            .Where(i => i <= 12 || i > operations - 25 || random.Next(operations) < 15 * TestScale.Factor).ToList();
        foreach (var failAt in indexes)
        {
            var target = Other(kind);
            FailAt(target, failAt);
            var error = Assert.Throws<BlockWriteException>(() => Bench.Restore(store, target));
            var state = failAt == 1 ? "the first write" : failAt <= invalidation ? "has lost part" : "incomplete";
            Assert.Contains(state, error.Message, StringComparison.Ordinal);
            target.Before = null;
            if (failAt > invalidation) MustNotMount(target, kind, failAt, operations); // before that, no data of the image is on it
        }
    }

    [Theory]
    [InlineData("gpt", false)]
    [InlineData("mbr", true)]
    public void A_backup_that_fails_or_is_cancelled_at_any_write_is_resumed_to_the_same_content(string kind, bool cancelled)
    {
        var reference = new MemoryStore();
        var operations = 0;
        reference.Before = (operation, _, _) => operations += operation is "append" or "flush" ? 1 : 0;
        Bench.Backup(MemoryDisk.FromBytes(disks.Bytes(kind)), reference);
        reference.Before = null;
        var (random, resumed) = (new Random(3), 0);
        for (var round = 0; round < 8 * TestScale.Factor; round++)
        {
            using var cancel = new CancellationTokenSource();
            var (store, failAt) = (new MemoryStore(), 1 + random.Next(operations));
            Interrupt(store, failAt, cancelled ? cancel : null);
            var receipts = new Dictionary<string, byte[]>();
            try
            {
                Bench.Backup(MemoryDisk.FromBytes(disks.Bytes(kind)), store, receipts: receipts, cancel: cancel.Token);
                continue; // cancelled after its last look at the token
            }
            catch (Exception e) when (e is NoSpaceException or OperationCanceledException)
            {
                store.Before = null;
                if (round % 2 == 0) store.PowerCut();
            }
            if (!store.Exists(Bench.Image) || store.Parts[Bench.Image].Length == 0) continue; // nothing had reached the disk
            var receipt = System.Text.Encoding.UTF8.GetString(receipts.GetValueOrDefault($"{Bench.Image}.receipt.json", []));
            if (receipt.Length > 0) Assert.Contains($"\"verdict\": \"failed\",\n  \"cancelled\": {(cancelled ? "true" : "false")}", receipt, StringComparison.Ordinal);
            Resume(store, reference, kind);
            resumed++;
        }
        Assert.True(resumed >= 3, $"only {resumed} runs were resumed: the test tests nothing");
    }

    private static void Interrupt(MemoryStore store, int index, CancellationTokenSource? cancel)
    {
        var count = 0;
        store.Before = (operation, _, _) =>
        {
            if (operation is not ("append" or "flush") || ++count != index) return;
            if (cancel is null) throw new NoSpaceException("the fake store is full");
            cancel.Cancel();
        };
    }

    [Fact]
    public void A_backup_that_ends_before_its_source_was_looked_at_again_is_not_complete_though_all_of_it_is_there()
    {
        // The last read of all is the look at the tables; nothing is appended between the last page and it.
        var (appends, atLastRead) = (0, 0);
        var source = MemoryDisk.FromBytes(disks.GptBytes);
        source.Before = (_, _) => Volatile.Write(ref atLastRead, appends);
        Bench.Backup(source, new MemoryStore { Before = (operation, _, _) => appends += operation == "append" ? 1 : 0 });
        appends = 0;
        source.Before = (_, _) =>
        {
            if (Volatile.Read(ref appends) == atLastRead) throw new DeviceGoneException("the fake disk is gone");
        };
        var store = new MemoryStore { Before = (operation, _, _) => appends += operation == "append" ? 1 : 0 };
        Assert.Throws<DeviceGoneException>(() => Bench.Backup(source, store));
        source.Before = null;
        store.Before = null;
        using (var image = ImageReader.Open(store, Bench.Image))
        {
            Assert.False(image.IsComplete);
            Assert.All(Enumerable.Range(0, image.RegionCount).Select(image.ReadRegion), page => Assert.DoesNotContain(ChunkState.Pending, Enumerable.Range(0, page.ChunkCount).Select(page.State)));
        }
        Assert.Throws<ImageIncompleteException>(() => Bench.PrepareRestore(store, Bench.RandomDisk(disks.Gpt.Length)));
        Assert.Equal(0, Bench.Backup(source, store, Bench.BackupRequest with { Resume = true, Verify = true }).ExitCode);
        MustHoldTheSame(Bench.TakeImage(disks.GptBytes), store);
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

    private void Resume(MemoryStore store, MemoryStore reference, string kind)
    {
        var source = MemoryDisk.FromBytes(disks.Bytes(kind));
        var receipt = Bench.Backup(source, store, Bench.BackupRequest with { Resume = true, Verify = true });
        Assert.Equal(0, receipt.ExitCode);
        Assert.Equal(source.Length, source.WrittenBytes); // what the fake was filled with, and nothing since
        MustHoldTheSame(reference, store);
    }

    /// <summary>The same chunks in the same states; ids, and with them root digests, differ between images.</summary>
    private static void MustHoldTheSame(MemoryStore expected, MemoryStore found)
    {
        using var a = ImageReader.Open(expected, Bench.Image);
        using var b = ImageReader.Open(found, Bench.Image);
        Assert.Equal((a.RegionCount, a.DiskLength), (b.RegionCount, b.DiskLength));
        for (var region = 0; region < a.RegionCount; region++)
        {
            var (p, q) = (a.ReadRegion(region), b.ReadRegion(region));
            Assert.Equal(p.Used, q.Used);
            Assert.Equal(p.Unreadable, q.Unreadable);
            for (var i = 0; i < p.ChunkCount; i++) Assert.Equal((p.State(i), p.Digest(i)), (q.State(i), q.Digest(i)));
        }
    }

    /// <summary>How many operations a restore takes, and how many of them take the old tables and superblocks away.</summary>
    private static (int All, int Invalidation) CountWrites(MemoryStore store, MemoryDisk target)
    {
        var (count, firstFlush) = (0, 0);
        target.Before = (operation, _) =>
        {
            if (operation == "read") return;
            Interlocked.Increment(ref count);
            if (operation == "flush" && firstFlush == 0) firstFlush = count;
        };
        Bench.Restore(store, target);
        return (count, firstFlush);
    }

    /// <summary>A target that holds another real disk, with its own table and volumes.</summary>
    private MemoryDisk Other(string kind) => MemoryDisk.FromBytes(disks.Bytes(kind == "gpt" ? "mbr" : "gpt"));

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
