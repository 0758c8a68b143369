using RescueKit.Cli.Progress;
using RescueKit.Engine;

namespace RescueKit.Cli.Tests.Progress;

public class ProgressTextTests
{
    private const long GiB = 1L << 30;

    private static readonly RunProgress Half = new("reading", 150 * GiB, 300 * GiB, 412 << 20, TimeSpan.FromSeconds(461), TimeSpan.FromSeconds(290), 0);

    [Fact]
    public void A_line_says_everything() =>
        Assert.Equal("reading: 50 %, 150.0 of 300.0 GiB, 412 MiB/s, elapsed 7 m 41 s, about 4 m 50 s left", ProgressText.Line(Half));

    [Fact]
    public void What_is_unreadable_is_said() =>
        Assert.EndsWith(", 4.0 KiB unreadable", ProgressText.Line(Half with { UnreadableBytes = 4096 }), StringComparison.Ordinal);

    [Fact]
    public void An_unknown_total_gives_no_percentage() =>
        Assert.Equal("syncing: 150.0 GiB, 412 MiB/s, elapsed 7 m 41 s", ProgressText.Line(Half with { Phase = "syncing", TotalBytes = 0, Remaining = null }));

    [Fact]
    public void A_wide_terminal_shows_a_bar_and_everything() =>
        Assert.Equal("reading  ████████░░░░░░░░░  50 %  150.0 of 300.0 GiB  412 MiB/s  4 m 50 s left  elapsed 7 m 41 s",
            ProgressText.Bar(Half, 96, unicode: true));

    [Fact]
    public void Without_block_characters_the_bar_is_plain() =>
        Assert.Contains("[########.......]", ProgressText.Bar(Half, 96, unicode: false), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(299)]
    [InlineData(300)]
    [InlineData(400)]
    public void It_fits_every_width_and_any_standing(int done)
    {
        for (var columns = 1; columns < 200; columns++)
        {
            var progress = Half with { DoneBytes = done * GiB, UnreadableBytes = done };
            Assert.InRange(ProgressText.Bar(progress, columns, unicode: true).Length, 1, columns);
            Assert.InRange(ProgressText.Bar(progress, columns, unicode: false).Length, 1, columns);
        }
    }

    [Fact]
    public void A_narrow_terminal_keeps_what_matters_most()
    {
        var narrow = ProgressText.Bar(Half, 50, unicode: true);
        Assert.StartsWith("reading  50 %  150.0 of 300.0 GiB", narrow.Replace("░", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("elapsed", narrow, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_percent_means_all_of_it()
    {
        Assert.Contains("99 %", ProgressText.Line(Half with { DoneBytes = 300 * GiB - 1 }), StringComparison.Ordinal);
        Assert.Contains("100 %", ProgressText.Line(Half with { DoneBytes = 300 * GiB }), StringComparison.Ordinal);
    }
}
