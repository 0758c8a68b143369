using System.Text;
using RescueKit.Tui.Screens;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Tests.Screens;

public class TextFieldTests
{
    [Fact]
    public void Text_is_edited_at_the_cursor()
    {
        var field = Press(new TextField("abc"), KeyCode.Left, KeyCode.Backspace);
        Assert.Equal(("ac", 1), (field.Text, field.Cursor));
        field = Type(field, "ü€😀");
        Assert.Equal("aü€😀c", field.Text);
        Assert.Equal("aü€c", Press(field, KeyCode.Backspace).Text);
        Assert.Equal("ü€😀c", Press(field, KeyCode.Home, KeyCode.Delete).Text);
        Assert.Equal("aü€😀cx", Type(Press(field, KeyCode.End), "x").Text);
        Assert.Equal("", Press(field, KeyCode.EraseLine).Text);
    }

    [Fact]
    public void Pasted_text_comes_without_its_control_characters()
    {
        var field = new TextField("[]") { Cursor = 1 }.Update(new Pasted("a\r\nb\e[2Jc"))!;
        Assert.Equal("[ab[2Jc]", field.Text);
    }

    [Fact]
    public void The_ends_are_no_error()
    {
        var field = Press(new TextField(""), KeyCode.Backspace, KeyCode.Delete, KeyCode.Left, KeyCode.Right);
        Assert.Equal(("", 0), (field.Text, field.Cursor));
    }

    [Fact]
    public void A_masked_field_shows_only_how_long_it_is() => Assert.Equal("***", new TextField("a€b", Masked: true).Shown);

    private static TextField Press(TextField field, params KeyCode[] keys) => keys.Aggregate(field, (f, k) => f.Update(new KeyPressed(new Key(k)))!);

    private static TextField Type(TextField field, string text) =>
        text.EnumerateRunes().Aggregate(field, (f, r) => f.Update(new KeyPressed(new Key(KeyCode.Character, r)))!);
}
