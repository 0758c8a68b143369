using System.Globalization;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>The host's log, at its end until somebody scrolls up.</summary>
/// <param name="Back">Lines scrolled back from the end.</param>
internal sealed record LogScreen(int Back = 0) : Screen
{
    private const int PageLines = 15;
    private const int MostShown = 200;

    public override IReadOnlyList<string> Help => ["What the host of the runs has noted, newest at the bottom. In the rescue environment it is copied to the stick at the end."];
    public override IReadOnlyList<Effect> Opening => [Calls.Log(0)];

    public override Content View(World world)
    {
        var shown = world.Log.Take(Math.Max(0, world.Log.Count - Back)).TakeLast(MostShown).ToList();
        return new Content
        {
            Title = "Log",
            Right = Back == 0 ? "the newest lines" : $"{Back} lines back",
            // The last lines are wanted: scrolled as far down as there is text.
            Scroll = int.MaxValue,
            Body = shown.Count == 0
                ? [new Prose("The log is empty.", 1)]
                : [.. shown.Select(l => new Prose([new Piece(l.At.ToUniversalTime().ToString("HH:mm:ss ", CultureInfo.InvariantCulture), Tone.Faint), new Piece(l.Text)]))],
            Hints = [new Hint("↑↓ PgUp PgDn", "scroll"), new Hint("End", "newest"), new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        if (message is Tick) return Step.Stay(this, Calls.Log(world.Log.Count == 0 ? 0 : world.Log[^1].Number));
        if (message is not KeyPressed { Key: var key }) return null;
        int? to = key.Code switch
        {
            KeyCode.Up => Back + 1,
            KeyCode.Down => Back - 1,
            KeyCode.PageUp => Back + PageLines,
            KeyCode.PageDown => Back - PageLines,
            KeyCode.Home => world.Log.Count - 1,
            KeyCode.End => 0,
            _ => null,
        };
        return to is { } back ? Step.Stay(this with { Back = Math.Clamp(back, 0, Math.Max(0, world.Log.Count - 1)) }) : null;
    }
}
