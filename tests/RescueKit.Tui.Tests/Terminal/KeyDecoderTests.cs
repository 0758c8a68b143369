using System.Text;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Terminal;

namespace RescueKit.Tui.Tests.Terminal;

public class KeyDecoderTests
{
    [Theory]
    [InlineData("\e[A", nameof(KeyCode.Up))]
    [InlineData("\eOA", nameof(KeyCode.Up))]
    [InlineData("\e[B", nameof(KeyCode.Down))]
    [InlineData("\e[1;5C", nameof(KeyCode.Right))]
    [InlineData("\e[D", nameof(KeyCode.Left))]
    [InlineData("\e[H", nameof(KeyCode.Home))]
    [InlineData("\e[1~", nameof(KeyCode.Home))]
    [InlineData("\e[7~", nameof(KeyCode.Home))]
    [InlineData("\e[F", nameof(KeyCode.End))]
    [InlineData("\e[4~", nameof(KeyCode.End))]
    [InlineData("\e[5~", nameof(KeyCode.PageUp))]
    [InlineData("\e[6~", nameof(KeyCode.PageDown))]
    [InlineData("\e[2~", nameof(KeyCode.Insert))]
    [InlineData("\e[3~", nameof(KeyCode.Delete))]
    [InlineData("\e[Z", nameof(KeyCode.BackTab))]
    [InlineData("\eOP", nameof(KeyCode.F1))]
    [InlineData("\e[11~", nameof(KeyCode.F1))]
    [InlineData("\e[[A", nameof(KeyCode.F1))]
    [InlineData("\e[[E", nameof(KeyCode.F5))]
    [InlineData("\e[15~", nameof(KeyCode.F5))]
    [InlineData("\e[17~", nameof(KeyCode.F6))]
    [InlineData("\e[21~", nameof(KeyCode.F10))]
    [InlineData("\r", nameof(KeyCode.Enter))]
    [InlineData("\n", nameof(KeyCode.Enter))]
    [InlineData("\t", nameof(KeyCode.Tab))]
    [InlineData("\u007f", nameof(KeyCode.Backspace))]
    [InlineData("\b", nameof(KeyCode.Backspace))]
    [InlineData("\u0003", nameof(KeyCode.Interrupt))]
    [InlineData("\f", nameof(KeyCode.Redraw))]
    public void A_key_is_known_whole_and_in_any_pieces(string bytes, string key)
    {
        var code = Enum.Parse<KeyCode>(key);
        Assert.Equal([new KeyInput(new Key(code))], new KeyDecoder().Feed(Encoding.UTF8.GetBytes(bytes)));
        Assert.Equal([new KeyInput(new Key(code))], ByteByByte(bytes));
    }

    [Fact]
    public void A_lone_Esc_is_the_key_after_a_pause()
    {
        var decoder = new KeyDecoder();
        Assert.Empty(decoder.Feed("\e"u8));
        Assert.True(decoder.IsPending);
        Assert.Equal([new KeyInput(new Key(KeyCode.Escape))], decoder.Pause());
        Assert.False(decoder.IsPending);
        Assert.Empty(decoder.Pause());
    }

    [Fact]
    public void Esc_and_another_key_at_once_are_two_keys() =>
        Assert.Equal([new KeyInput(new Key(KeyCode.Escape)), new KeyInput(Key.Of('q'))], new KeyDecoder().Feed("\eq"u8));

    [Fact]
    public void Two_Escs_are_two_keys()
    {
        var decoder = new KeyDecoder();
        Assert.Equal([new KeyInput(new Key(KeyCode.Escape))], decoder.Feed("\e\e"u8));
        Assert.Equal([new KeyInput(new Key(KeyCode.Escape))], decoder.Pause());
    }

    [Fact]
    public void Characters_of_several_bytes_come_whole_also_in_pieces()
    {
        Assert.Equal(["ü", "€", "😀"], ByteByByte("ü€😀").Select(i => ((KeyInput)i).Key.Rune.ToString()));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_dropped_and_what_follows_is_heard()
    {
        var decoder = new KeyDecoder();
        Assert.Equal([new KeyInput(Key.Of('a'))], decoder.Feed([0xff, 0xc3, (byte)'a']));
        Assert.Equal([new KeyInput(Key.Of('b'))], decoder.Feed("\e[99999;;;x\e[?1;2cb"u8));
    }

    [Fact]
    public void A_sequence_without_an_end_holds_nothing_up()
    {
        var decoder = new KeyDecoder();
        decoder.Feed("\e[12"u8);
        Assert.Empty(decoder.Pause());
        Assert.Equal([new KeyInput(Key.Of('x'))], decoder.Feed("x"u8));
    }

    [Fact]
    public void Pasted_text_comes_at_once_with_its_line_breaks() =>
        Assert.Equal([new PasteInput("a\nb\e[Ac"), new KeyInput(Key.Of('z'))], ByteByByte("\e[200~a\nb\e[Ac\e[201~z"));

    [Fact]
    public void The_answer_with_the_terminals_size_is_no_key() => Assert.Equal([new SizeInput(132, 43)], ByteByByte("\e[43;132R"));

    [Fact]
    public void Any_bytes_are_survived()
    {
        var random = new Random(7);
        var decoder = new KeyDecoder();
        var bytes = new byte[20_000];
        random.NextBytes(bytes);
        foreach (var chunk in bytes.Chunk(13))
        {
            decoder.Feed(chunk);
            decoder.Pause();
        }
        decoder.Feed("\e[201~"u8);
        Assert.Equal([new KeyInput(Key.Of('k'))], decoder.Feed("k"u8));
    }

    private static List<Input> ByteByByte(string text)
    {
        var decoder = new KeyDecoder();
        return [.. Encoding.UTF8.GetBytes(text).SelectMany(b => decoder.Feed([b]))];
    }
}
