using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>A run while it goes on, and what came of it. Leaving it stops nothing.</summary>
internal sealed record RunScreen(int Id) : Screen
{
    public Picker Remedies { get; init; } = new();
    public BootCheck? Boot { get; init; }
    public HostCall? Asked { get; init; }
    public int Scroll { get; init; }

    /// <summary>It was opened from the list of runs, to which Esc leads back.</summary>
    public bool FromList { get; init; }

    public override IReadOnlyList<string> Help =>
    [
        "The run goes on whether this screen is shown or not; Esc leaves it running and every screen of this machine shows it.",
        "Rates and remaining time count what has reached the disk, not what is still in memory.",
        "Cancel asks first. A cancelled backup can be gone on with; a target that was begun does not pretend to be whole.",
    ];

    public override Content View(World world) => world.Run(Id) switch
    {
        null => Plain("Run", [new Prose("The host does not know of this run any more: it was started anew. The log and the receipt on the stick tell how far it got.", 1)]),
        { Stage: RunStage.Planned } run => Plain(Words.Doing(run), [new Prose("It is planned on another screen and has not begun.", 1)]),
        { Stage: RunStage.Running } run => new Content
        {
            Title = Words.Doing(run),
            Right = run.Cancelling ? [new Piece("CANCELLING", Tone.Look)] : Line.Empty,
            Scroll = Scroll,
            Body = ProgressText.Blocks(run),
            Hints = [new Hint("l", "log"), new Hint("v", "look around"), new Hint("c", "cancel (asks first)"), new Hint("Esc", "leave it running")],
        },
        { } run => new Content
        {
            Title = $"{Words.Operation(run.Plan)} {(run.Receipt is { Verdict: not "failed" } ? "finished" : "ended")}",
            Right = ResultText.Verdict(run, Boot),
            Scroll = Choices.Count > 0 ? null : Scroll,
            Body = ResultText.Blocks(run, Boot, Asked is not null, Choices, Remedies),
            Hints = Choices.Count > 0
                ? [new Hint("↑↓", "choose"), new Hint("Enter", "do it"), new Hint("l", "log"), new Hint("Esc", FromList ? "back" : "home")]
                : [new Hint("↑↓", "scroll"), new Hint("l", "log"), new Hint("Esc", FromList ? "back" : "home")],
        },
    };

    public override Step? Update(Message message, World world)
    {
        var run = world.Run(Id);
        switch (message)
        {
            case Tick when Boot is null && Asked is null && WantsBootCheck(run):
                var check = Calls.CheckBoot(Id);
                return Step.Stay(this with { Asked = check }, check);
            case BootChecked { Run: var checkedRun, Check: var found } when checkedRun == Id:
                return Step.Stay(this with { Boot = found, Asked = null });
            case Failed { Call: var call } when ReferenceEquals(call, Asked):
                return Step.Stay(this with { Asked = null, Boot = Boot ?? new BootCheck("unknown", ["It could not be asked."], []) });
            case KeyPressed { Key: var key }:
                return Press(key, run);
            default:
                return null;
        }
    }

    /// <summary>What can be done about a disk that would not start, and to leave it.</summary>
    private IReadOnlyList<BootRemedy> Choices =>
        Boot is { Remedies: { Count: > 0 } remedies } ? [.. remedies, new BootRemedy("", "Leave as it is", "")] : [];

    private Step? Press(Key key, RunState? run)
    {
        if (key.Is('l')) return Step.Open(this, new LogScreen());
        if (key.Is('v')) return Step.Home();
        if (key.Is('c') && run is { Stage: RunStage.Running, Cancelling: false }) return Step.Open(this, Question(run));
        if (Choices.Count > 0 && Remedies.Update(new KeyPressed(key), Choices, ResultText.Item) is { Searching: false } moved)
            return Step.Stay(this with { Remedies = moved });
        if (key.Code == KeyCode.Enter && Remedies.Chosen(Choices, ResultText.Item) is { } chosen && Asked is null)
        {
            if (chosen.Id.Length == 0) return Step.Home();
            var call = Calls.MakeBootable(Id, chosen);
            return Step.Stay(this with { Asked = call }, call);
        }
        return key.Code switch
        {
            KeyCode.Up or KeyCode.PageUp => Step.Stay(this with { Scroll = Math.Max(0, Scroll - (key.Code == KeyCode.Up ? 1 : 10)) }),
            KeyCode.Down or KeyCode.PageDown => Step.Stay(this with { Scroll = Math.Min(200, Scroll + (key.Code == KeyCode.Down ? 1 : 10)) }),
            _ => null,
        };
    }

    private static AskScreen Question(RunState run) => new(
        "Cancel the run?",
        [
            Words.Doing(run),
            run.Plan.Operation switch
            {
                "backup" => "What is in the image so far stays; the backup can be gone on with later. The source is not touched.",
                "verify" => "Nothing is changed by a verify.",
                "get" => "What has been copied stays; the file that is under way will not be whole. The image is not touched.",
                _ => $"{run.Plan.Onto.Path} has been overwritten in part: it will neither start nor mount. Running the same again finishes it.",
            },
        ], "yes", [Calls.Cancel(run.Id)]);

    private static bool WantsBootCheck(RunState? run) =>
        run is { Stage: RunStage.Ended, Receipt.Verdict: not "failed", Problem: null, Plan.Operation: "restore" or "clone" };

    private static Content Plain(string title, IReadOnlyList<Block> body) => new() { Title = title, Body = body, Hints = [new Hint("l", "log"), new Hint("Esc", "back")] };
}
