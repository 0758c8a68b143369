using RescueKit.Engine.Pipelines;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

public class ProgressMeterTests
{
    [Fact]
    public void The_last_report_is_how_things_ended()
    {
        var reports = new List<RunProgress>();
        using (var meter = new ProgressMeter(new ManualClock(), reports.Add, _ => null))
        {
            meter.Begin("verifying", 1000);
            meter.Set(430);
            meter.Set(990); // the last chunk was shorter than was thought
            meter.End();
        }
        Assert.Equal(("verifying", 990L, 990L), (reports[^1].Phase, reports[^1].DoneBytes, reports[^1].TotalBytes));
    }

    [Fact]
    public void What_has_not_reached_the_disk_is_not_done_even_at_the_end()
    {
        var reports = new List<RunProgress>();
        using (var meter = new ProgressMeter(new ManualClock(), reports.Add, _ => null))
        {
            meter.Begin("reading", 1000, () => 0.5);
            meter.Add(1000, 0);
            meter.End();
        }
        Assert.Equal((500L, 1000L), (reports[^1].DoneBytes, reports[^1].TotalBytes));
    }
}
