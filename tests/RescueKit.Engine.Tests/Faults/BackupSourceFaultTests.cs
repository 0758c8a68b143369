using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A fault at each read of a backup's source, from the first look at its table to the last check that nobody wrote to it.</summary>
[Collection("small disks")]
public class BackupSourceFaultTests(SmallDisks disks)
{
    [Theory]
    [InlineData("mbr", BadSectorPolicy.Fail)]
    [InlineData("gpt", BadSectorPolicy.Skip)]
    [InlineData("mbr", BadSectorPolicy.Skip)]
    public void A_read_that_fails_once_loses_nothing(string kind, BadSectorPolicy policy) => Each(kind, policy, FaultKind.InputOutput, once: true, (_, outcome, store) =>
    {
        Assert.Equal(0, outcome.ExitCode);
        Assert.True(Sweep.MustHold(store, disks.Of(kind)).IsEmpty);
        var receipt = outcome.Receipt!;
        Assert.True(receipt.SourceMetadataAfter is null || receipt.SourceMetadataAfter == receipt.SourceMetadataBefore);
    });

    [Theory]
    [InlineData("gpt")]
    [InlineData("mbr")]
    public void A_disk_that_stops_reading_ends_the_run_resumable(string kind) => Each(kind, BadSectorPolicy.Fail, FaultKind.InputOutput, once: false, (_, outcome, store) =>
    {
        // Once all is read, what is left is to look whether somebody wrote to the disk meanwhile.
        if (outcome.ExitCode == 0) Assert.True(Sweep.MustHold(store, disks.Of(kind)).IsEmpty);
        else Assert.IsType<BlockReadException>(outcome.Error);
    });

    [Theory]
    [InlineData("gpt")]
    [InlineData("mbr")]
    public void With_skip_a_disk_that_stops_reading_loses_what_was_not_read_and_says_so(string kind) => Each(kind, BadSectorPolicy.Skip, FaultKind.InputOutput, once: false, (_, outcome, store) =>
    {
        var lost = Sweep.MustHold(store, disks.Of(kind));
        Assert.Equal(lost.IsEmpty ? 0 : 5, outcome.ExitCode);
        Assert.Equal(lost, ExtentSet.From(outcome.Receipt!.Unreadable.Select(u => new Extent(u.Offset, u.Length))));
    });

    [Theory]
    [InlineData("gpt", BadSectorPolicy.Skip, false)]
    [InlineData("mbr", BadSectorPolicy.Fail, true)]
    public void A_disk_that_is_unplugged_ends_the_run_resumable_and_never_as_done(string kind, BadSectorPolicy policy, bool once) => Each(kind, policy, FaultKind.Gone, once, (_, outcome, _) =>
    {
        Assert.Equal(1, outcome.ExitCode);
        Assert.IsType<DeviceGoneException>(outcome.Error);
    });

    [Theory]
    [InlineData("gpt")]
    [InlineData("mbr")]
    public void A_bad_sector_at_each_place_that_is_read_is_lost_alone_or_not_at_all(string kind)
    {
        var disk = disks.Of(kind);
        var places = PlacesRead(disk);
        Sweep.Each(places.Count, at =>
        {
            var bad = ExtentSet.Of(places[at - 1]);
            var used = bad.Intersect(disk.Used).Intersect(disk.Disk.DataIn(new Extent(0, disk.Disk.Length))); // holes are not read

            var store = new MemoryStore();
            var failed = Outcome.Of(() => Bench.Backup(new FailingSource(disk.Disk, bad), store, Sweep.BackupRequest, Sweep.Resources));
            if (failed.ExitCode == 0)
            {
                Assert.True(used.IsEmpty, $"{used} is in use and cannot be read, and the run is complete");
                Assert.True(Sweep.MustHold(store, disk).IsEmpty);
            }
            else
            {
                Assert.True(Assert.IsType<BlockReadException>(failed.Error).Extent.Overlaps(bad[0]), failed.ToString());
                Sweep.MustResume(store, disk, Sweep.BackupRequest, disk.ContentDigest);
            }

            store = new MemoryStore();
            var skipped = Outcome.Of(() => Bench.Backup(new FailingSource(disk.Disk, bad), store, Request(BadSectorPolicy.Skip), Sweep.Resources));
            var lost = Sweep.MustHold(store, disk);
            Assert.True(bad.IsSupersetOf(lost) && lost.IsSupersetOf(used), $"{bad} is bad, {used} of it in use, and {lost} is lost");
            Assert.Equal(lost.IsEmpty ? 0 : 5, skipped.ExitCode);
        });
        disk.MustBeUntouched();
    }

    private void Each(string kind, BadSectorPolicy policy, FaultKind fault, bool once, Action<int, Outcome, MemoryStore> check)
    {
        var disk = disks.Of(kind);
        using var counting = new FaultPoint(0, once, fault);
        Bench.Backup(new WatchedSource(disk.Disk, counting.Pass), new MemoryStore(), Request(policy), Sweep.Resources);
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, fault);
            var store = new MemoryStore();
            // No time for bad sectors: when nothing can be read any more, looking at each sector tells nothing new.
            var request = once ? Request(policy) : Request(policy) with { BadSectorTime = TimeSpan.Zero };
            var receipts = new Dictionary<string, byte[]>();
            var outcome = Outcome.Of(() => Bench.Backup(new WatchedSource(disk.Disk, point.Pass), store, request, Sweep.Resources, receipts));
            Assert.True(point.Struck);
            check(at, outcome, store);
            if (outcome.Error is not null) Sweep.MustResume(store, disk, Sweep.BackupRequest, disk.ContentDigest);
        });
        disk.MustBeUntouched();
    }

    /// <summary>The middle sector of each range that an undisturbed run reads.</summary>
    private static List<Extent> PlacesRead(SmallDisk disk)
    {
        var places = new List<Extent>();
        Bench.Backup(new WatchedSource(disk.Disk, (_, range) =>
        {
            lock (places) places.Add(new Extent((range.Offset + range.Length / 2) / 512 * 512, 512));
        }), new MemoryStore(), Sweep.BackupRequest, Sweep.Resources);
        return [.. places.Distinct()];
    }

    private static BackupRequest Request(BadSectorPolicy policy) => Sweep.BackupRequest with { OnBadSector = policy };
}
