using System.Text;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A line of text being edited. The cursor counts runes, so that it never stands inside a character.</summary>
internal sealed record TextField(string Text = "", bool Masked = false)
{
    private const int Longest = 1024;

    public int Cursor { get; init; } = RuneCount(Text);

    /// <summary>What is shown: a passphrase never is.</summary>
    public string Shown => Masked ? new string('*', RuneCount(Text)) : Text;

    /// <summary>Null where the key is none of a text field's.</summary>
    public TextField? Update(Message message) => message switch
    {
        KeyPressed { Key: var key } => Press(key),
        Pasted { Text: var text } => Insert(text),
        _ => null,
    };

    private TextField? Press(Key key)
    {
        var runes = Text.EnumerateRunes().ToList();
        var at = Math.Clamp(Cursor, 0, runes.Count);
        switch (key.Code)
        {
            case KeyCode.Character: return Insert(key.Rune.ToString());
            case KeyCode.Backspace when at > 0: return Without(runes, at - 1, 1);
            case KeyCode.Delete when at < runes.Count: return Without(runes, at, 1);
            case KeyCode.EraseLine: return this with { Text = "", Cursor = 0 };
            case KeyCode.Left: return this with { Cursor = Math.Max(0, at - 1) };
            case KeyCode.Right: return this with { Cursor = Math.Min(runes.Count, at + 1) };
            case KeyCode.Home: return this with { Cursor = 0 };
            case KeyCode.End: return this with { Cursor = runes.Count };
            case KeyCode.Backspace or KeyCode.Delete: return this;
            default: return null;
        }
    }

    private TextField Insert(string text)
    {
        var runes = Text.EnumerateRunes().ToList();
        var at = Math.Clamp(Cursor, 0, runes.Count);
        // A pasted line ends where it ends: its line break is no Enter, and nothing else that cannot be seen gets in.
        var added = text.EnumerateRunes().Where(r => !Rune.IsControl(r)).Take(Math.Max(0, Longest - runes.Count)).ToList();
        runes.InsertRange(at, added);
        return this with { Text = string.Concat(runes), Cursor = at + added.Count };
    }

    private TextField Without(List<Rune> runes, int at, int count)
    {
        runes.RemoveRange(at, count);
        return this with { Text = string.Concat(runes), Cursor = at };
    }

    private static int RuneCount(string text) => text.EnumerateRunes().Count();
}
