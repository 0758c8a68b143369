using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>All runs of this host, whichever screen began them; the newest first.</summary>
internal sealed record RunsScreen : Screen
{
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help => ["Runs of this machine since the host was started. Enter shows one: its progress, or what came of it."];
    public override bool TakesText => Picker.Searching;

    public override Content View(World world)
    {
        var runs = Newest(world);
        var chosen = Picker.Chosen(runs, Item);
        return new Content
        {
            Title = "Runs",
            Body = runs.Count == 0
                ? [new Prose("There has been no run yet.", 2)]
                : [.. Picker.SearchLine, new Listing([.. Picker.Visible(runs, Item).Select(r => new Row([$"{r.Id}", Words.Doing(r), State(r)], r == chosen))], [0], 1)],
            Hints = [new Hint("↑↓", "choose"), new Hint("Enter", "show"), Picker.Hint, new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        var runs = Newest(world);
        if (Picker.Update(message, runs, Item) is { } picker) return Step.Stay(this with { Picker = picker });
        return message is KeyPressed { Key.Code: KeyCode.Enter } && Picker.Chosen(runs, Item) is { } run ? Step.Open(this, new RunScreen(run.Id) { FromList = true }) : null;
    }

    private static List<RunState> Newest(World world) => [.. world.Runs.Reverse()];
    private static PickItem Item(RunState run) => new($"{run.Id}", Words.Doing(run));

    private static Line State(RunState run) => run switch
    {
        { Stage: RunStage.Planned } => "planned",
        { Stage: RunStage.Running, Cancelling: true } => [new Piece("cancelling", Tone.Look)],
        { Stage: RunStage.Running, Progress: { TotalBytes: > 0 } p } => $"{Units.Percent(p.DoneBytes, p.TotalBytes)} %",
        { Stage: RunStage.Running } => "going on",
        _ => ResultText.Verdict(run, null),
    };
}
