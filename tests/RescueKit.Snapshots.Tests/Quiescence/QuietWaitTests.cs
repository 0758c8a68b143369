using RescueKit.Snapshots.Quiescence;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Quiescence;

/// <summary>The moment without writes, on a clock that costs nothing.</summary>
public class QuietWaitTests
{
    private static readonly QuietOptions s_five = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));

    private readonly ManualClock _clock = new() { SkipsWaits = true };

    [Fact]
    public void Nothing_is_written() => AssertWait(5, true, new FakeStatistics(_clock));

    [Fact]
    public void A_write_begins_the_period_anew()
    {
        var statistics = new FakeStatistics(_clock);
        statistics.Writes.AddRange([("8:1", 1), ("8:1", 4.05), ("8:1", 30)]);
        AssertWait(9.1, true, statistics);
    }

    /// <summary>Each of the two is quiet for five seconds, but never both at once.</summary>
    [Fact]
    public void It_is_the_same_moment_for_all_volumes()
    {
        var statistics = new FakeStatistics(_clock);
        for (var second = 0; second < 20; second += 8) statistics.Writes.AddRange([("8:1", second), ("8:2", second + 4)]);
        AssertWait(25, true, statistics);
    }

    [Fact]
    public void A_write_that_is_on_its_way_is_a_write()
    {
        var statistics = new FakeStatistics(_clock);
        statistics.Flights.Add(("8:2", 2, 3.15));
        AssertWait(8.1, true, statistics);
    }

    [Fact]
    public void It_ends_at_its_time_out()
    {
        var statistics = new FakeStatistics(_clock);
        for (var second = 0.0; second < 100; second += 2) statistics.Writes.Add(("8:2", second));
        AssertWait(60, false, statistics);
    }

    [Fact]
    public void What_cannot_be_seen_is_not_waited_for() => AssertWait(0, false, new FakeStatistics(_clock) { IsBlind = true });

    [Theory]
    [InlineData(0, 60)]
    [InlineData(5, 0)]
    public void Who_wants_no_wait_gets_none(int period, int timeout)
    {
        var options = new QuietOptions(TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(timeout));
        Assert.Null(new QuietWait(new FakeStatistics(_clock) { IsBlind = true }, _clock).Run(["8:1"], options, CancellationToken.None));
    }

    [Fact]
    public void The_kernel_s_numbers_are_those_of_data_written_and_discarded()
    {
        using var folder = new TempFolder();
        folder.Folder("253:0");
        //                                                       reads          writes             fl  ti  tq discards        flushes
        File.WriteAllText(folder.File("253:0/stat"), "     100  1 2000 30      40    5    6000 70      8   90 100  11 12 13000 14  15 16\n");
        File.WriteAllText(folder.File("253:0/inflight"), "       6        2\n");
        Assert.Equal(new BlockActivity(19000, 2), new KernelStatistics(folder.FullPath).Read("253:0"));
        // Before Linux 4.18 there are no discards.
        File.WriteAllText(folder.File("253:0/stat"), "100 1 2000 30 40 5 6000 70 8 90 100\n");
        Assert.Equal(new BlockActivity(6000, 2), new KernelStatistics(folder.FullPath).Read("253:0"));
        Assert.Null(new KernelStatistics(folder.FullPath).Read("253:1"));
    }

    private void AssertWait(double seconds, bool isReached, FakeStatistics statistics)
    {
        var result = new QuietWait(statistics, _clock).Run(["8:1", "8:2"], s_five, CancellationToken.None)!;
        Assert.Equal((5.0, isReached), (result.Period, result.IsReached));
        Assert.Equal(seconds, result.Waited, 0.11);
    }

    [Theory]
    [InlineData(null, null, 5, 60)]
    [InlineData(2, null, 2, 60)]
    [InlineData(90, null, 90, 180)]
    [InlineData(null, 30, 5, 30)]
    [InlineData(null, 1, 0.5, 1)]
    [InlineData(null, 0, 0, 0)]
    [InlineData(0, null, 0, 60)]
    [InlineData(3, 4, 3, 4)]
    public void A_period_that_is_not_given_has_time_to_come(int? period, int? timeout, double expectedPeriod, double expectedTimeout)
    {
        var options = QuietOptions.Of(Seconds(period), Seconds(timeout));

        Assert.Equal(new QuietOptions(TimeSpan.FromSeconds(expectedPeriod), TimeSpan.FromSeconds(expectedTimeout)), options);

        static TimeSpan? Seconds(int? seconds) => seconds is { } given ? TimeSpan.FromSeconds(given) : null;
    }
}
