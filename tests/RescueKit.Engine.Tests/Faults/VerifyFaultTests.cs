using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A fault at each read of an image that is verified.</summary>
[Collection("small disks")]
public class VerifyFaultTests(SmallDisks disks)
{
    [Theory]
    [InlineData(FaultKind.InputOutput, true)]
    [InlineData(FaultKind.InputOutput, false)]
    [InlineData(FaultKind.Gone, true)]
    [InlineData(FaultKind.Gone, false)]
    public void What_cannot_be_read_is_never_called_good(FaultKind fault, bool once)
    {
        using var counting = new FaultPoint(0, once, fault);
        Verify(Watched(counting));
        Sweep.Each(counting.Count, at =>
        {
            using var point = new FaultPoint(at, once, fault);
            var store = Watched(point);
            var outcome = Outcome.Of(() => Verify(store));
            Assert.True(point.Struck);
            if (fault == FaultKind.Gone) Assert.Equal((1, typeof(DeviceGoneException)), (outcome.ExitCode, outcome.Error!.GetType()));
            else Assert.True(outcome.ExitCode is 1 or 3, outcome.ToString());
            if (outcome.Receipt is { } receipt) Assert.Equal("failed", receipt.Verdict);
        });
    }

    private static Receipt Verify(MemoryStore store)
    {
        using var run = new VerifyRun(ImageReader.Open(store, Bench.Image), new VerifyRequest(Bench.Image), Sweep.Resources);
        return run.Execute(null, null, default);
    }

    private MemoryStore Watched(FaultPoint fault)
    {
        var store = disks.Gpt.Image.Clone();
        store.Before = (operation, _, position) =>
        {
            if (operation == "read") fault.Pass(operation, new Extent(position, 0));
        };
        return store;
    }
}
