using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>Help over the screen that it belongs to; any key but those that scroll puts it away.</summary>
internal sealed record HelpScreen(Content Of, IReadOnlyList<string> Sentences, int Scroll = 0)
{
    private static readonly Hint[] Everywhere =
    [
        new("↑↓ PgUp PgDn", "move"), new("Enter", "choose, go on"), new("Esc", "back; what was entered is kept"),
        new("? or F1", "this help"), new("Ctrl-L", "draw the screen anew"), new("Ctrl-C", "home, or leave: never ends a run"),
    ];

    /// <summary>Null where it is put away.</summary>
    public HelpScreen? Press(Key key) => key.Code switch
    {
        KeyCode.Down or KeyCode.PageDown => this with { Scroll = Math.Min(Scroll + 1, Lines.Count) },
        KeyCode.Up or KeyCode.PageUp => this with { Scroll = Math.Max(0, Scroll - 1) },
        _ => null,
    };

    public Content View() => new()
    {
        Title = $"Help · {Of.Title}",
        Body = Lines,
        Scroll = Scroll,
        Hints = [new Hint("↑↓", "scroll"), new Hint("any other key", "back")],
    };

    private List<Block> Lines =>
    [
        .. Sentences.SelectMany(s => new Block[] { new Prose(s, 1), new Space() }),
        new Prose([new Piece("Keys of this screen", Tone.Strong)], 1),
        Keys(Of.Hints),
        new Space(),
        new Prose([new Piece("Keys everywhere", Tone.Strong)], 1),
        Keys(Everywhere),
    ];

    private static Listing Keys(IReadOnlyList<Hint> hints) => new([.. hints.Select(h => new Row([h.Keys, h.Does], Marked: false))], null, 1, 3);
}
