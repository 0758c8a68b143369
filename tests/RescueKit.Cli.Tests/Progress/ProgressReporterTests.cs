using RescueKit.Cli.Progress;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Engine;

namespace RescueKit.Cli.Tests.Progress;

public class ProgressReporterTests
{
    private readonly FakeTerminal _terminal = new();
    private readonly FakeClock _clock = new();

    [Fact]
    public void Without_a_terminal_there_is_a_line_for_the_first_for_every_few_seconds_and_for_the_last()
    {
        using (var reporter = new ProgressReporter(_terminal, _clock))
        {
            for (var i = 0; i <= 23; i++)
            {
                reporter.Report(At(i));
                _clock.Pass(TimeSpan.FromMilliseconds(500));
            }
        }
        Assert.Equal([0, 10, 20, 23], Lines().Select(Percent));
        Assert.Empty(_terminal.Bars);
    }

    [Fact]
    public void A_new_phase_is_shown_at_once()
    {
        using (var reporter = new ProgressReporter(_terminal, _clock))
        {
            reporter.Report(At(99));
            reporter.Report(At(99) with { Phase = "verifying" });
        }
        Assert.Equal(["reading", "verifying"], Lines().Select(line => line.Split(':')[0]));
    }

    [Fact]
    public void The_last_state_is_not_said_twice()
    {
        using (var reporter = new ProgressReporter(_terminal, _clock))
        {
            reporter.Report(At(100));
            reporter.Report(At(100) with { Elapsed = TimeSpan.FromMilliseconds(1) });
        }
        Assert.Single(Lines());
    }

    [Fact]
    public void Nothing_is_said_of_a_run_that_never_reported()
    {
        new ProgressReporter(_terminal, _clock).Dispose();
        Assert.Empty(_terminal.Errors.ToString());
    }

    [Fact]
    public void On_a_terminal_one_line_is_redrawn_at_most_ten_times_a_second()
    {
        _terminal.ErrorColumns = 100;
        using (var reporter = new ProgressReporter(_terminal, _clock))
        {
            for (var i = 0; i < 100; i++)
            {
                reporter.Report(At(i));
                _clock.Pass(TimeSpan.FromMilliseconds(10));
            }
        }
        Assert.Equal(11, _terminal.Bars.Count);
        Assert.All(_terminal.Bars, bar => Assert.InRange(bar.Length, 1, 99));
        Assert.Equal("\n", _terminal.Errors.ToString());
    }

    [Fact]
    public void A_terminal_too_narrow_for_a_bar_gets_lines()
    {
        _terminal.ErrorColumns = 20;
        using (var reporter = new ProgressReporter(_terminal, _clock)) reporter.Report(At(5));
        Assert.Single(Lines());
        Assert.Empty(_terminal.Bars);
    }

    [Fact]
    public void Reports_after_the_end_are_not_shown()
    {
        var reporter = new ProgressReporter(_terminal, _clock);
        reporter.Dispose();
        reporter.Report(At(5));
        Assert.Empty(_terminal.Errors.ToString());
    }

    private static RunProgress At(int percent) => new("reading", percent << 20, 100 << 20, 1 << 20, TimeSpan.Zero, null, 0);

    private string[] Lines() => _terminal.Errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static int Percent(string line) => int.Parse(line.Split(':')[1].Split('%')[0]);
}
