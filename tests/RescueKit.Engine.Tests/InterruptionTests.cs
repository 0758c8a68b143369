using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests;

/// <summary>Interrupted backups with all workers (Faults has every index, with one), and what else a run must not hide.</summary>
[Collection("disks")]
public class InterruptionTests(DiskFixture disks)
{
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
        // What a search of the clear image does find: tables, boot sectors, and the names in its description.
        var clear = Bench.TakeImage(disks.GptBytes, Bench.BackupRequest with { Codec = Images.Codecs.CodecKind.None });
        foreach (var secret in new[] { "EFI PART", "NTFS    ", "mkfs.fat", "logical_sector_size", "partition_type", "\"ext4\"" })
        {
            var text = System.Text.Encoding.ASCII.GetBytes(secret);
            Assert.True(clear.Parts.Values.Any(part => part.Span.IndexOf(text) >= 0), $"{secret} is nothing to search for");
            Assert.DoesNotContain(store.Parts.Values, part => part.Span.IndexOf(text) >= 0);
        }
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
}
