using RescueKit.Engine.Finishing;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Transfers;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Finishing;

public sealed class FinalStepsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ProgressMeter _meter = new(TimeProvider.System, null, _ => null);
    private readonly ReceiptDraft _draft;
    private readonly TargetAccess _access;

    public FinalStepsTests()
    {
        _draft = new ReceiptDraft("clone", DateTimeOffset.UnixEpoch, _meter);
        var path = _folder.File("disk");
        File.WriteAllText(path, "a disk");
        _access = TargetAccess.New(path);
    }

    public void Dispose()
    {
        _access.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_went_well_lets_the_next_one_begin_and_leaves_nothing_unfinished()
    {
        Step one = new("one", _ => ["A loss."]), two = new("two", _ => []);
        var steps = Run(one, two);
        Assert.True(two.WasDone);
        Assert.Equal(["A loss."], _draft.Skipped);
        Assert.Null(steps.After);
    }

    public static TheoryData<Exception, string> Failures => new()
    {
        { new DeviceException("it broke", "mend it"), "One was not done, all else is complete: it broke (mend it)." },
        { new IOException("The disk is full."), "One was not done, all else is complete: The disk is full." },
        { new UnauthorizedAccessException("no"), "One was not done, all else is complete: no." },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void After_one_that_failed_the_others_are_not_begun(Exception failure, string skipped)
    {
        Step one = new("one", _ => throw failure), two = new("two", _ => []), unneeded = new("three", _ => []) { Needed = false };
        var steps = Run(one, two, unneeded);
        Assert.False(two.WasDone);
        Assert.Equal([skipped, "Two was not done: it was not tried, since doing one failed."], _draft.Skipped);
        Assert.Null(steps.After);
    }

    [Fact]
    public void After_one_that_left_something_in_use_the_others_are_not_begun()
    {
        Step one = new("one", step =>
        {
            step.LeaveInUse();
            return ["It is still mounted."];
        }), two = new("two", _ => []);
        Run(one, two);
        Assert.False(two.WasDone);
        Assert.Equal(["It is still mounted.", "Two was not done: it was not tried, since doing one left something on the disk in use."], _draft.Skipped);
    }

    [Fact]
    public void Only_one_that_was_cut_off_is_unfinished()
    {
        FinalSteps steps = new([new Step("one", _ => []), new Step("two", _ => throw new OperationCanceledException())]);
        Assert.Throws<OperationCanceledException>(() => steps.Run(_access, _draft, _meter, CancellationToken.None));
        Assert.Equal("two is not finished", steps.After?.State);
    }

    private FinalSteps Run(params Step[] all)
    {
        var steps = new FinalSteps(all);
        steps.Run(_access, _draft, _meter, CancellationToken.None);
        return steps;
    }

    private sealed class Step(string name, Func<Step, IReadOnlyList<string>> work) : FinalStep
    {
        public bool Needed { get; init; } = true;

        public bool WasDone { get; private set; }

        public override IEnumerable<string> Warnings => [];

        protected override bool IsNeeded => Needed;

        protected override string Doing => $"doing {name}";

        protected override string NotDone => $"{char.ToUpperInvariant(name[0])}{name[1..]} was not done";

        protected override Aftermath Unfinished => new($"{name} is not finished", null);

        public void LeaveInUse() => IsLeftInUse = true;

        protected override IReadOnlyList<string> Do(Action<string> tell, CancellationToken cancel)
        {
            WasDone = true;
            return work(this);
        }
    }
}
