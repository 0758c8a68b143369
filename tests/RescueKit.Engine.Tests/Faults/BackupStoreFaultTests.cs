using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A fault at each operation of a backup on the store that takes the image.</summary>
[Collection("small disks")]
public class BackupStoreFaultTests(SmallDisks disks)
{
    /// <summary>What is left of the appended bytes after the fault.</summary>
    public enum Left { All, HalfOfTheFailed, Flushed }

    public static TheoryData<FaultKind, bool, Left, bool> Faults()
    {
        var data = new TheoryData<FaultKind, bool, Left, bool>();
        foreach (var split in (bool[])[false, true])
        {
            foreach (var left in Enum.GetValues<Left>())
            {
                data.Add(FaultKind.InputOutput, true, left, split);
                data.Add(FaultKind.Full, false, left, split);
            }
            data.Add(FaultKind.InputOutput, false, Left.HalfOfTheFailed, split);
            data.Add(FaultKind.Full, true, Left.HalfOfTheFailed, split);
            data.Add(FaultKind.Gone, true, Left.All, split);
            data.Add(FaultKind.Gone, false, Left.Flushed, split);
            data.Add(FaultKind.Cancel, true, Left.All, split);
            data.Add(FaultKind.Cancel, true, Left.Flushed, split);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_failed_create_append_or_flush_ends_the_run_resumable(FaultKind kind, bool once, Left left, bool split)
    {
        var disk = split ? disks.Mbr : disks.Gpt;
        var request = split ? Sweep.BackupRequest with { SplitBytes = ImageLimits.MinSplitBytes(64 << 10), Codec = CodecKind.None } : Sweep.BackupRequest;
        using var counting = new FaultPoint(0, once, kind);
        var counted = Watched(counting, left);
        Bench.Backup(disk.Disk, counted, request, Sweep.Resources);
        Assert.InRange(counted.Parts.Count, split ? 2 : 1, split ? 20 : 1);
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, kind);
            var store = Watched(point, left);
            var receipts = new Dictionary<string, byte[]>();
            var outcome = Outcome.Of(() => Bench.Backup(disk.Disk, store, request, Sweep.Resources, receipts, cancel: point.Token));
            Assert.True(point.Struck);
            if (kind == FaultKind.Cancel)
            {
                // The last operations are not worth stopping for.
                Assert.True(outcome.ExitCode is 130 or 0, outcome.ToString());
            }
            else
            {
                Assert.Equal((1, 0), (outcome.ExitCode, point.After)); // what failed is never tried again, and nothing follows it
                MustBe(kind, outcome.Error!);
            }
            store.Before = null;
            if (left == Left.Flushed) store.PowerCut();
            if (outcome.ExitCode != 0 && receipts.TryGetValue($"{Bench.Image}.receipt.json", out var receipt))
                Assert.Contains($"\"exit_code\": {outcome.ExitCode}", System.Text.Encoding.UTF8.GetString(receipt), StringComparison.Ordinal);
            Sweep.MustResume(store, disk, request, Sweep.ContentDigest(counted));
        });
        disk.MustBeUntouched();
    }

    [Theory]
    [InlineData(FaultKind.InputOutput, true)]
    [InlineData(FaultKind.InputOutput, false)]
    [InlineData(FaultKind.Gone, true)]
    public void A_failed_read_while_an_image_is_gone_on_with_costs_no_more_than_another_resume(FaultKind kind, bool once)
    {
        var disk = disks.Gpt;
        var begun = Interrupted(disk);
        using var counting = new FaultPoint(0, once, kind);
        var request = Sweep.BackupRequest with { Resume = true, Verify = true };
        Bench.Backup(disk.Disk, WatchedReads(begun, counting), request, Sweep.Resources);
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, kind);
            var store = WatchedReads(begun, point);
            var outcome = Outcome.Of(() => Bench.Backup(disk.Disk, store, request, Sweep.Resources));
            Assert.True(point.Struck);
            if (outcome.ExitCode == 0) Assert.True(Sweep.MustHold(store, disk).IsEmpty);
            else if (kind == FaultKind.Gone) Assert.IsType<DeviceGoneException>(outcome.Error);
            else Assert.True(outcome.ExitCode is 1 or 3, outcome.ToString());
            Sweep.MustResume(store, disk, Sweep.BackupRequest, disk.ContentDigest);
        });
    }

    private static MemoryStore Watched(FaultPoint point, Left left)
    {
        var store = new MemoryStore { TearsAppends = left == Left.HalfOfTheFailed };
        store.Before = (operation, _, position) =>
        {
            // Taking away what was only begun may follow a failure.
            if (operation is not ("read" or "delete")) point.Pass(operation, new Extent(position, 0));
        };
        return store;
    }

    private static MemoryStore WatchedReads(MemoryStore begun, FaultPoint point)
    {
        var store = begun.Clone();
        store.Before = (operation, _, position) =>
        {
            if (operation == "read") point.Pass(operation, new Extent(position, 0));
        };
        return store;
    }

    /// <summary>An image two thirds of the way, with a torn tail.</summary>
    private static MemoryStore Interrupted(SmallDisk disk)
    {
        using var counting = new FaultPoint(0, true, FaultKind.Full);
        Bench.Backup(disk.Disk, Watched(counting, Left.HalfOfTheFailed), Sweep.BackupRequest, Sweep.Resources);
        using var point = new FaultPoint(counting.Count * 2 / 3, true, FaultKind.Full);
        var store = Watched(point, Left.HalfOfTheFailed);
        Assert.Throws<NoSpaceException>(() => Bench.Backup(disk.Disk, store, Sweep.BackupRequest, Sweep.Resources));
        store.Before = null;
        return store;
    }

    private static void MustBe(FaultKind kind, Exception error)
    {
        if (kind == FaultKind.Full) Assert.IsType<NoSpaceException>(error);
        else if (kind == FaultKind.Gone) Assert.IsType<DeviceGoneException>(error);
        else Assert.IsAssignableFrom<DeviceException>(error);
    }
}
