using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>A screen that is only read.</summary>
internal abstract record ScrollScreen(int Scroll) : Screen
{
    private const int PageLines = 10;
    private const int Most = 100_000;

    public override Step? Update(Message message, World world)
    {
        if (message is not KeyPressed { Key: var key }) return null;
        int? by = key.Code switch
        {
            KeyCode.Up => -1,
            KeyCode.Down => 1,
            KeyCode.PageUp => -PageLines,
            KeyCode.PageDown => PageLines,
            KeyCode.Home => -Most,
            _ => null,
        };
        return by is { } lines ? Step.Stay(this with { Scroll = Math.Clamp(Scroll + lines, 0, View(world).Body.Count) }) : null;
    }

    protected Content Page(string title, IReadOnlyList<Block> body, params Hint[] more) => new()
    {
        Title = title,
        Body = body,
        Scroll = Scroll,
        Hints = [new Hint("↑↓", "scroll"), .. more, new Hint("Esc", "back")],
    };
}
