using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>A question that takes a typed word to be answered with yes; anything else changes nothing.</summary>
internal sealed record AskScreen(string Title, IReadOnlyList<Line> Text, string Word, IReadOnlyList<Effect> OnYes) : Screen
{
    public TextField Typed { get; init; } = new();

    public override IReadOnlyList<string> Help => [$"Type {Word} and press Enter to do it. Esc goes back and nothing happens."];
    public override bool TakesText => true;

    public override Content View(World world) => new()
    {
        Title = Title,
        Body = [.. Text.SelectMany(t => new Block[] { new Prose(t, 1), new Space() }), new Entry($"To do it, type {Word}:", Typed, true)],
        Hints = [new Hint("Enter", "do it when it matches"), new Hint("Esc", "back, nothing happens")],
    };

    public override Step? Update(Message message, World world) => message switch
    {
        KeyPressed { Key.Code: KeyCode.Enter } => Typed.Text.Trim() == Word ? Step.Close([.. OnYes]) : Step.Stay(this),
        _ => Typed.Update(message) is { } typed ? Step.Stay(this with { Typed = typed }) : null,
    };
}
