using RescueKit.Tui.Rendering;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Rendering;

public class PageTests
{
    public static TheoryData<string> Names() => [.. GoldenFrameTests.Screens.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_line_is_wider_than_the_terminal_and_title_and_keys_are_always_there(string name)
    {
        var host = new FakeRunHost { Disks = [.. Samples.Disks, Samples.Small with { Model = "名前の長いディスク装置 😀 " + new string('x', 90) }] };
        var ui = GoldenFrameTests.Screens[name](new Driver(host));
        var title = string.Concat(ui.Model.View().Title.Take(10));
        for (var columns = 60; columns <= 200; columns++)
        {
            foreach (var rows in new[] { 20, 24, 50 })
            {
                var frame = ui.Frame(columns, rows);
                for (var row = 0; row < rows; row++) Assert.True(Palette.Width(frame.Line(row)) <= columns, $"{columns}×{rows}: line {row} is too wide: {frame.Line(row)}");
                Assert.Contains(title, frame.Line(0), StringComparison.Ordinal);
                Assert.True(frame.Line(rows - 1).Length > 10, $"{columns}×{rows}: no keys");
            }
        }
    }

    [Fact]
    public void The_line_to_confirm_in_and_the_whole_command_are_in_sight_at_every_size()
    {
        var ui = GoldenFrameTests.Screens["restore-plan"](new Driver(new FakeRunHost()));
        foreach (var (columns, rows) in new[] { (60, 20), (80, 24), (200, 60) })
        {
            var text = ui.Frame(columns, rows).ToString();
            Assert.Contains("Y7K2P):", text, StringComparison.Ordinal);
            Assert.Contains("--confirm", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(40, 10)]
    [InlineData(59, 24)]
    [InlineData(80, 19)]
    [InlineData(10, 2)]
    [InlineData(1, 1)]
    public void A_terminal_that_is_too_small_is_told_so_and_nothing_is_lost(int columns, int rows)
    {
        var ui = GoldenFrameTests.Screens["backup-options"](new Driver(new FakeRunHost()));
        var before = ui.Screen;
        var small = ui.Frame(columns, rows);
        if (columns >= 40) Assert.Contains("needs 60x20", small.ToString().ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(before, ui.Screen);
    }

    [Fact]
    public void A_list_longer_than_the_screen_follows_the_chosen_row_and_says_that_there_is_more()
    {
        var host = new FakeRunHost { Disks = [.. Enumerable.Range(0, 60).Select(i => Samples.Small with { Path = $"/dev/d{i}", Model = $"Disk number {i}" })] };
        var ui = new Driver(host).Choose("Disks").Press(KeyCode.Enter).Has("more ↓");
        ui.Press(KeyCode.End).Has("▸ Disk number 59").Has("more ↑").HasNot("more ↑↓");
        ui.Press(KeyCode.PageUp, KeyCode.PageUp, KeyCode.PageUp).Has("▸ Disk number 29").Has("more ↑↓");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_sign_has_an_ASCII_form_and_is_known_to_those_who_choose_a_font(string name)
    {
        var text = GoldenFrameTests.Screens[name](new Driver(new FakeRunHost())).Frame(132, 43).ToString();
        Assert.Empty(text.Where(c => !char.IsAscii(c)).Except(Signs.All));
    }

    [Fact]
    public void Losses_are_red_and_also_words()
    {
        var frame = GoldenFrameTests.Screens["restore-plan"](new Driver(new FakeRunHost())).Frame(80, 24);
        var row = Enumerable.Range(0, 24).First(r => frame.Line(r).Contains("LOST", StringComparison.Ordinal));
        var column = frame.Line(row).IndexOf("LOST", StringComparison.Ordinal);
        Assert.Equal(Ink.Red, frame[row, column].Ink);
    }

    [Fact]
    public void The_chosen_row_is_marked_by_a_sign_and_in_reverse()
    {
        var frame = new Driver(new FakeRunHost()).Frame(80, 24);
        var row = Enumerable.Range(0, 24).First(r => frame.Line(r).Contains('▸'));
        Assert.True(frame[row, frame.Line(row).IndexOf('▸')].Weight.HasFlag(Weight.Reverse));
    }

    [Fact]
    public void A_long_text_scrolls_in_its_field_so_that_the_cursor_is_seen()
    {
        var ui = GoldenFrameTests.Screens["attach"](new Driver(new FakeRunHost())).Press(KeyCode.Tab).Type(new string('a', 200) + "END").Has("END_");
        ui.Press(KeyCode.Home).HasNot("END");
    }
}
