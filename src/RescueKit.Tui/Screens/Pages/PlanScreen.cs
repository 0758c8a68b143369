using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>What would be done, before it is: the victim beside the source, all that is lost, and the id that has to be typed.</summary>
internal sealed record PlanScreen(RunRequest Request, RunState Run) : Screen
{
    private const int LongCommand = 500;
    private const int ShortLine = 40;

    public TextField Typed { get; init; } = new();

    /// <summary>True after Enter with an id that does not match.</summary>
    public bool Mismatch { get; init; }
    public HostCall? Pending { get; init; }

    /// <summary>The same run with the other choice for unclean file systems, while it is planned.</summary>
    public RunRequest? Instead { get; init; }
    public int Scroll { get; init; }

    public override IReadOnlyList<string> Help =>
    [
        "This is all that would be done. Nothing has been written so far; Esc goes back and nothing will have been.",
        "Where something is overwritten, its id has to be typed: the end of the disk's serial number, as it stands on its label; for a file, its name.",
        "The command line does exactly the same and can be pasted into a script.",
    ];

    public override bool TakesText => Plan.ConfirmId is not null;
    private RunPlan Plan => Run.Plan;
    private Prose Command => new(CommandLines.Show(Run.Command, Plan.ConfirmId), 0, "Command: ");

    /// <summary>It would leave too little of the plan in sight, and is scrolled with it.</summary>
    private bool IsCommandLong => Command.Text.Text.Length > LongCommand;
    private bool CanTurn => Plan.Items.Any(i => i.AlternativeBytes is not null) && Request.Command[0] != "verify";

    public override Content View(World world) => new()
    {
        Title = $"{Words.Operation(Plan)} · plan",
        Right = "last step",
        Scroll = Scroll,
        Body = [.. PlanText.Blocks(world, Plan), .. IsCommandLong ? (Block[])[new Space(), Command] : []],
        Pinned = [.. IsCommandLong ? [] : (Block[])[Command], .. Ask()],
        Hints =
        [
            new Hint("Enter", Plan.ConfirmId is null ? "start" : "start when it matches"), new Hint("↑↓", "scroll"),
            .. CanTurn ? [new Hint("Tab", "other size of what is unclean")] : Array.Empty<Hint>(),
            new Hint("Esc", "back, nothing is written"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case Started { Run: var started } when started == Run.Id:
                return Step.Home(new RunScreen(started));
            case Prepared { Request: var request, Run: var run } when ReferenceEquals(request, Instead):
                return Step.Stay(new PlanScreen(request, run));
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                // Without a plan there is nothing to stay for: the wizard below has the answers.
                return Instead is null ? Step.Stay(this with { Pending = null }) : Step.Close();
            case KeyPressed or Pasted when Pending is not null:
                return Step.Stay(this);
            case KeyPressed { Key: var key } when Press(key) is { } step:
                return step;
        }
        return Plan.ConfirmId is not null && Typed.Update(message) is { } typed ? Step.Stay(this with { Typed = typed, Mismatch = false }) : null;
    }

    private Step? Press(Key key)
    {
        switch (key.Code)
        {
            case KeyCode.Escape:
                return Step.Close(Calls.Cancel(Run.Id));
            case KeyCode.Up or KeyCode.PageUp:
                return Step.Stay(this with { Scroll = Math.Max(0, Scroll - (key.Code == KeyCode.Up ? 1 : 10)) });
            case KeyCode.Down or KeyCode.PageDown:
                return Step.Stay(this with { Scroll = Math.Min(Plan.Items.Count + Plan.Lost.Count + Plan.Warnings.Count + (IsCommandLong ? Command.Text.Text.Length / ShortLine : 0), Scroll + (key.Code == KeyCode.Down ? 1 : 10)) });
            case KeyCode.Tab when CanTurn:
                var request = Request with { Command = CommandLines.OtherUnclean(Request.Command) };
                var call = Calls.Prepare(request, Run.Id);
                return Step.Stay(this with { Instead = request, Pending = call }, call);
            case KeyCode.Enter when Plan.ConfirmId is null || Plan.IsConfirmedBy(Typed.Text.Trim()):
                var start = Calls.Start(Run.Id, Plan.ConfirmId is null ? null : Typed.Text.Trim());
                return Step.Stay(this with { Pending = start }, start);
            case KeyCode.Enter:
                return Step.Stay(this with { Mismatch = Typed.Text.Length > 0 });
            default:
                return null;
        }
    }

    private IEnumerable<Block> Ask()
    {
        if (Plan.ConfirmId is not { } id) yield break;
        if (Mismatch) yield return new Prose([new Piece($"That is not the id of {Plan.Onto.Path}: nothing was written.", Tone.Look)]);
        yield return new Entry($"To go on, type the id of what will be overwritten ({id}):", Typed, Pending is null);
    }
}
