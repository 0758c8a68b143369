using RescueKit.Agent.Jobs;
using RescueKit.Agent.Schedules;
using RescueKit.Agent.Service;
using RescueKit.Engine;

namespace RescueKit.Agent.Tests.Service;

/// <summary>Whatever the clock was set to, and however long the machine was off.</summary>
public class ImageAgesTests
{
    private static readonly DateTimeOffset First = new(2026, 1, 1, 2, 30, 0, TimeSpan.Zero);
    private readonly List<JobImage> _made = [];
    private readonly List<JobImage> _there = [];
    private Retention _rule = new(null, 30);
    private CalendarExpression _schedule = CalendarExpression.Parse("02:30");

    [Fact]
    public void Days_are_days()
    {
        for (var day = 0; day <= 60; day++) Run(First.AddDays(day));
        Assert.Equal(First.AddDays(31), _there[0].At);
        Assert.Equal(30, _there.Count);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(17)]
    [InlineData(366)]
    [InlineData(20_000)]
    public void A_run_under_a_clock_that_is_ahead_removes_no_more_than_any_other(int ahead)
    {
        for (var day = 0; day < 40; day++) Run(First.AddDays(day));
        Assert.Equal(30, _there.Count);
        for (var day = 40; day < 43; day++) Run(First.AddDays(day + ahead));
        Assert.Equal(30, _there.Count);
        for (var day = 43; day < 100; day++) Run(First.AddDays(day));
        Assert.True(_there.Count is >= 30 and <= 34, $"{_there.Count}");
    }

    [Fact]
    public void A_clock_that_jumps_to_and_fro_has_nothing_grow_old()
    {
        for (var day = 0; day < 40; day++) Run(First.AddDays(day % 2 == 0 ? day : day + 5000));
        Assert.InRange(_there.Count, 30, 40);
    }

    [Fact]
    public void An_image_of_1970_is_as_old_as_its_neighbours()
    {
        for (var day = 0; day < 40; day++) Run(First.AddDays(day));
        var odd = Run(DateTimeOffset.UnixEpoch);
        for (var day = 41; day < 70; day++) Run(First.AddDays(day));
        Assert.Contains(odd, _there);
        for (var day = 70; day < 74; day++) Run(First.AddDays(day));
        Assert.DoesNotContain(odd, _there);
        Assert.Equal(30, _there.Count);
    }

    [Fact]
    public void After_a_machine_was_off_more_is_kept_and_later_runs_clean_up()
    {
        for (var day = 0; day < 40; day++) Run(First.AddDays(day));
        Run(First.AddDays(100));
        Assert.Equal(30, _there.Count);
        for (var day = 101; day < 131; day++) Run(First.AddDays(day));
        Assert.Equal(30, _there.Count);
        Assert.True(_there[0].At >= First.AddDays(100));
    }

    [Theory]
    [InlineData("weekly", 3, 1)]
    [InlineData("weekly", 7, 2)]
    [InlineData("monthly", 30, 2)]
    public void A_job_that_runs_more_seldom_than_images_are_kept_has_the_newest_ones(string schedule, int days, int most)
    {
        (_schedule, _rule) = (CalendarExpression.Parse(schedule), new Retention(null, days));
        var at = First;
        for (var i = 0; i < 20; i++)
        {
            at = _schedule.Next(at, TimeZoneInfo.Utc)!.Value;
            Run(at.AddSeconds(i * 7 % 5));
            Assert.InRange(_there.Count, 1, most);
        }
    }

    [Fact]
    public void A_schedule_that_has_no_more_times_believes_no_long_step()
    {
        _schedule = CalendarExpression.Parse("2020-01-01 00:00");
        Run(First);
        Run(First.AddDays(400));
        Assert.Equal(2, _there.Count);
    }

    private JobImage Run(DateTimeOffset at)
    {
        var image = new JobImage($"{_made.Count}", Guid.NewGuid(), at, ExitCodes.Done);
        _made.Add(image);
        _there.Add(image);
        var ages = ImageAges.Of(_made, _schedule, TimeZoneInfo.Utc, TimeSpan.FromDays(_rule.KeepDays!.Value), at.AddMinutes(20));
        foreach (var gone in RetentionPlan.Remove([.. _there.Select(there => new ShelfImage(there, true))], image, _rule, there => ages[there]))
        {
            _there.Remove(gone);
            _made.Remove(gone);
        }
        return image;
    }
}
