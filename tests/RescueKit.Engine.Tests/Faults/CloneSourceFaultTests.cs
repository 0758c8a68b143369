using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A fault at each read of a clone's source.</summary>
[Collection("small disks")]
public class CloneSourceFaultTests(SmallDisks disks)
{
    [Theory]
    [InlineData("gpt", BadSectorPolicy.Skip, FaultKind.InputOutput, true)]
    [InlineData("mbr", BadSectorPolicy.Skip, FaultKind.InputOutput, true)]
    [InlineData("mbr", BadSectorPolicy.Fail, FaultKind.InputOutput, false)]
    [InlineData("gpt", BadSectorPolicy.Skip, FaultKind.InputOutput, false)]
    [InlineData("mbr", BadSectorPolicy.Skip, FaultKind.Gone, false)]
    public void It_loses_nothing_unsaid_and_leaves_nothing_half_done(string kind, BadSectorPolicy policy, FaultKind fault, bool once)
    {
        var (source, before) = (disks.Of(kind), disks.Other(kind));
        var request = Bench.CloneRequest with { OnBadSector = policy, Verify = true, BadSectorTime = policy == BadSectorPolicy.Skip && !once ? TimeSpan.Zero : null };
        var transfer = new TransferCase(before, (target, cancel) => Bench.Clone(source.Disk, target, request, Sweep.Resources, cancel),
            source.Volumes.Select(v => (new Extent(v.Offset, v.Length), source.UsedOf(v))));
        using var counting = new FaultPoint(0, once, fault);
        Bench.Clone(new WatchedSource(source.Disk, counting.Pass), before.NewTarget(), request, Sweep.Resources);
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, fault);
            using var none = new FaultPoint(0, once, fault);
            var target = transfer.NewTarget(none, reads: false);
            var outcome = Outcome.Of(() => Bench.Clone(new WatchedSource(source.Disk, point.Pass), target, request, Sweep.Resources));
            Assert.True(point.Struck);
            // A map that could not be read while the target was compared leaves that part unproven, which is said.
            if (once && fault == FaultKind.InputOutput) Assert.True(outcome is { ExitCode: 0 } or { ExitCode: 5, Receipt: { Unreadable: [], Skipped: [_, ..] } }, outcome.ToString());
            if (fault == FaultKind.Gone) Assert.Equal((1, typeof(DeviceGoneException)), (outcome.ExitCode, outcome.Error!.GetType()));
            if (outcome.ExitCode == 0)
            {
                transfer.MustBeDone(target);
            }
            else if (outcome.ExitCode == 5)
            {
                Assert.NotEqual(0, outcome.Receipt!.Unreadable.Count + outcome.Receipt.Skipped.Count);
                MustHoldAllBut(ExtentSet.From(outcome.Receipt.Unreadable.Select(u => new Extent(u.Offset, u.Length))), source, target);
            }
            else
            {
                Assert.Equal(1, outcome.ExitCode);
                transfer.MustBeAsSaid(target, outcome.Error!.Message);
                transfer.MustHoldNothingHalf(target);
            }
            if (outcome.ExitCode != 0) transfer.MustComplete(target);
        });
        source.MustBeUntouched();
    }

    private static void MustHoldAllBut(ExtentSet lost, SmallDisk source, MemoryDisk target)
    {
        var bytes = target.ToArray();
        foreach (var e in source.Used.Except(lost))
            Assert.True(bytes.AsSpan((int)e.Offset, (int)e.Length).SequenceEqual(source.Bytes.AsSpan((int)e.Offset, (int)e.Length)), $"{e} is lost, and not said to be");
    }
}
