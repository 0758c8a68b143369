using System.Text;
using RescueKit.Tui.Rendering;
using RescueKit.Tui.Tests.Fakes;
using RescueKit.Tui.Tests.Terminal;

namespace RescueKit.Tui.Tests.Rendering;

public class FrameWriterTests
{
    [Fact]
    public void Equal_frames_send_nothing() => Assert.Equal("", FrameWriter.Changes(Text("abc"), Text("abc"), false));

    [Fact]
    public void Only_what_changed_is_sent() => Assert.Equal("\e[1;11HX", FrameWriter.Changes(Text("0123456789abcdef"), Text("0123456789Xbcdef"), false));

    [Fact]
    public void Changes_close_to_each_other_go_in_one_piece() => Assert.Equal("\e[1;2HX23Y", FrameWriter.Changes(Text("01234567"), Text("0X23Y567"), false));

    [Fact]
    public void An_unknown_screen_is_cleared_first() => Assert.Equal("\e[0m\e[2J\e[1;1Hab", FrameWriter.Changes(null, Text("ab"), false));

    [Fact]
    public void Monochrome_has_weights_but_no_colours()
    {
        var frame = Text("ab");
        frame[0, 0] = new Cell(new Rune('a'), Ink.Red, Weight.Bold);
        Assert.Equal("\e[1;1H\e[0;1;31ma\e[0m", FrameWriter.Changes(Text("ab"), frame, false));
        Assert.Equal("\e[1;1H\e[0;1ma\e[0m", FrameWriter.Changes(Text("ab"), frame, true));
        Assert.DoesNotContain("\e[0;31", FrameWriter.Changes(null, new Driver(new FakeRunHost()).Frame(80, 24), true), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_frame_is_made_of_any_other()
    {
        var random = new Random(42);
        var before = Scribble(random);
        var screen = new EmulatedScreen(before.Columns, before.Rows);
        screen.Show(FrameWriter.Changes(null, before, false));
        for (var i = 0; i < 300; i++)
        {
            var after = Scribble(random, before);
            screen.Show(FrameWriter.Changes(before, after, false));
            Assert.Equal(after.ToString(), screen.Text);
            before = after;
        }
    }

    private static Frame Text(string text)
    {
        var frame = new Frame(20, 2);
        for (var i = 0; i < text.Length; i++) frame[0, i] = new Cell(new Rune(text[i]));
        return frame;
    }

    private static Frame Scribble(Random random, Frame? from = null)
    {
        var frame = new Frame(30, 4);
        for (var row = 0; row < 4; row++)
        {
            for (var column = 0; column < 30; column++)
            {
                if (from is not null && random.Next(4) > 0 && !from[row, column].IsRightHalf && Narrow(from, row, column)) frame[row, column] = from[row, column];
                else if (column < 29 && random.Next(6) == 0)
                {
                    frame[row, column++] = new Cell(new Rune('漢'), (Ink)random.Next(4));
                    frame[row, column] = new Cell(default, frame[row, column - 1].Ink);
                }
                else frame[row, column] = new Cell(new Rune((char)('a' + random.Next(26))), (Ink)random.Next(4), (Weight)random.Next(8));
            }
        }
        return frame;
    }

    private static bool Narrow(Frame frame, int row, int column) => column + 1 >= frame.Columns || !frame[row, column + 1].IsRightHalf;
}
