using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A fault at each operation of a restore or clone on its target.</summary>
[Collection("small disks")]
public class TransferFaultTests(SmallDisks disks)
{
    public enum Kind { WholeGpt, WholeMbr, FreeZeroed, Partitions, CloneGpt, CloneMbr }

    public static TheoryData<Kind, FaultKind, bool, bool> WriteFaults()
    {
        var data = new TheoryData<Kind, FaultKind, bool, bool>();
        foreach (var kind in Enum.GetValues<Kind>())
        {
            data.Add(kind, FaultKind.InputOutput, true, false);
            data.Add(kind, kind == Kind.WholeGpt ? FaultKind.Gone : FaultKind.InputOutput, false, true);
            data.Add(kind, FaultKind.Cancel, true, false);
        }
        data.Add(Kind.WholeMbr, FaultKind.Full, false, true);
        data.Add(Kind.CloneGpt, FaultKind.Full, true, true);
        return data;
    }

    [Theory]
    [MemberData(nameof(WriteFaults))]
    public void A_failed_write_or_flush_leaves_nothing_that_boots_or_mounts_and_the_next_run_completes_it(Kind kind, FaultKind fault, bool once, bool tears)
    {
        var transfer = Case(kind);
        Sweep.Each(transfer.Count(reads: false), at =>
        {
            using var point = new FaultPoint(at, once, fault);
            var target = transfer.NewTarget(point, reads: false, tears);
            var outcome = Outcome.Of(() => transfer.Run(target, point.Token));
            Assert.True(point.Struck);
            if (outcome.ExitCode == 0)
            {
                Assert.Equal(FaultKind.Cancel, fault); // the last operations are not worth stopping for
                transfer.MustBeDone(target);
                return;
            }
            Assert.Equal(fault == FaultKind.Cancel ? 130 : 1, outcome.ExitCode);
            if (fault != FaultKind.Cancel) Assert.Equal(0, point.After); // what failed is never tried again, and nothing follows it
            transfer.MustBeAsSaid(target, outcome.Error!.Message);
            transfer.MustHoldNothingHalf(target);
            transfer.MustComplete(target);
        });
        disks.Gpt.MustBeUntouched();
        disks.Mbr.MustBeUntouched();
    }

    public static TheoryData<Kind, FaultKind, bool> ReadFaults() => new()
    {
        { Kind.WholeGpt, FaultKind.InputOutput, true },
        { Kind.WholeMbr, FaultKind.InputOutput, false },
        { Kind.Partitions, FaultKind.InputOutput, true },
        { Kind.CloneGpt, FaultKind.InputOutput, false },
        { Kind.WholeGpt, FaultKind.Gone, false },
    };

    [Theory]
    [MemberData(nameof(ReadFaults))]
    public void A_target_that_cannot_be_read_is_refused_or_found_wanting(Kind kind, FaultKind fault, bool once)
    {
        var transfer = Case(kind);
        Sweep.Each(transfer.Count(reads: true), at =>
        {
            using var point = new FaultPoint(at, once, fault);
            var target = transfer.NewTarget(point, reads: true);
            var outcome = Outcome.Of(() => transfer.Run(target, default));
            Assert.True(point.Struck);
            if (outcome.ExitCode == 0) transfer.MustBeDone(target);
            else Assert.True(outcome.ExitCode is 1 or 4, outcome.ToString());
            if (fault == FaultKind.Gone) Assert.IsType<DeviceGoneException>(outcome.Error);
            transfer.MustHoldNothingHalf(target);
            if (outcome.ExitCode != 0) transfer.MustComplete(target);
        });
    }

    public static TheoryData<Kind, FaultKind, bool> SourceFaults() => new()
    {
        { Kind.WholeGpt, FaultKind.InputOutput, false },
        { Kind.WholeMbr, FaultKind.InputOutput, true },
        { Kind.Partitions, FaultKind.InputOutput, true },
        { Kind.WholeMbr, FaultKind.Gone, false },
    };

    [Theory]
    [MemberData(nameof(SourceFaults))]
    public void An_image_that_cannot_be_read_ends_the_restore_with_nothing_half_done(Kind kind, FaultKind fault, bool once)
    {
        var transfer = Case(kind);
        using var counting = new FaultPoint(0, once, fault);
        Assert.Equal(0, Restore(kind, Watched(kind, counting), Disks(kind).Before.NewTarget(), default).ExitCode);
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, fault);
            using var none = new FaultPoint(0, once, fault);
            var target = transfer.NewTarget(none, reads: false);
            var outcome = Outcome.Of(() => Restore(kind, Watched(kind, point), target, default));
            Assert.True(point.Struck);
            if (outcome.ExitCode == 0) transfer.MustBeDone(target);
            else Assert.True(outcome.ExitCode is 1 or 3, outcome.ToString());
            if (fault == FaultKind.Gone) Assert.IsType<DeviceGoneException>(outcome.Error);
            transfer.MustHoldNothingHalf(target);
            if (outcome.ExitCode != 0) transfer.MustComplete(target);
        });
    }

    private TransferCase Case(Kind kind)
    {
        var (source, before) = Disks(kind);
        if (kind == Kind.Partitions)
        {
            // FAT into the place of FAT, NTFS into the place of ext4, which is as large and lies elsewhere.
            var (fat, ntfs) = (source.Volumes[0], source.Volumes[2]);
            var (first, second) = (before.Volumes[0], before.Volumes[1]);
            return new TransferCase(before, (target, cancel) => Restore(kind, source.Image, target, cancel),
                [
                    (new Extent(first.Offset, first.Length), source.UsedOf(fat).Shift(first.Offset - fat.Offset)),
                    (new Extent(second.Offset, second.Length), source.UsedOf(ntfs).Shift(second.Offset - ntfs.Offset)),
                ],
                ExtentSet.From([new Extent(first.Offset, first.Length), new Extent(second.Offset, second.Length)]));
        }
        var volumes = source.Volumes.Select(v => (new Extent(v.Offset, v.Length), source.UsedOf(v)));
        return kind is Kind.CloneGpt or Kind.CloneMbr
            ? new TransferCase(before, (target, cancel) => Clone(source.Disk, target, cancel), volumes)
            : new TransferCase(before, (target, cancel) => Restore(kind, source.Image, target, cancel), volumes);
    }

    /// <summary>What is put onto a target, and what the target holds before.</summary>
    private (SmallDisk Source, SmallDisk Before) Disks(Kind kind) => kind switch
    {
        Kind.WholeMbr or Kind.CloneMbr => (disks.Mbr, disks.Gpt),
        _ => (disks.Gpt, disks.Mbr),
    };

    private static Receipt Clone(IBlockSource source, IBlockTarget target, CancellationToken cancel) =>
        Bench.Clone(source, target, Bench.CloneRequest with { Verify = true }, Sweep.Resources, cancel);

    private static Receipt Restore(Kind kind, IImageStore store, IBlockTarget target, CancellationToken cancel) => Bench.Restore(store, target, Bench.RestoreRequest with
    {
        Verify = true,
        Free = kind == Kind.FreeZeroed ? FreePolicy.Zero : FreePolicy.Keep,
        Partitions = kind == Kind.Partitions ? [new(1, 1), new(3, 5)] : [],
    }, Sweep.Resources, cancel);

    /// <summary>The undisturbed image of the case's source, each read of which passes by a fault.</summary>
    private MemoryStore Watched(Kind kind, FaultPoint fault)
    {
        var store = Disks(kind).Source.Image.Clone();
        store.Before = (operation, _, position) =>
        {
            if (operation == "read") fault.Pass(operation, new Extent(position, 0));
        };
        return store;
    }
}
