using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>One question a page; Esc goes a page back and every answer stays. Ends in the plan.</summary>
internal abstract record Wizard : Screen
{
    public int Page { get; init; }

    /// <summary>The plan that is being made.</summary>
    public RunRequest? Request { get; init; }
    public HostCall? Pending { get; init; }

    /// <summary>What is wrong with the answer just given; null where nothing is.</summary>
    public string? Complaint { get; init; }

    public override IReadOnlyList<Effect> Opening => [Calls.Disks(), Calls.Places(), Calls.Images()];

    /// <summary>A wizard that is opened again begins with its first question, with the old answers.</summary>
    public override Screen Kept => this with { Preset = false, Page = 0, Request = null, Pending = null, Complaint = null };

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case Prepared { Request: var request, Run: var run } when ReferenceEquals(request, Request):
                return Step.Open(this with { Request = null, Pending = null }, new PlanScreen(request, run));
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(this with { Request = null, Pending = null });
            // Esc gives up waiting for the plan: when it comes it is let go.
            case KeyPressed { Key.Code: KeyCode.Escape } when Request is not null:
                return Step.Stay(this with { Request = null, Pending = null });
            case KeyPressed or Pasted when Request is not null:
                return Step.Stay(this);
        }
        if (Answer(message, world) is { } step) return step;
        return message is KeyPressed { Key.Code: KeyCode.Escape } && Page > 0 ? Step.Stay(Back() with { Complaint = null }) : null;
    }

    /// <summary>Null where the message is none of the page's.</summary>
    protected abstract Step? Answer(Message message, World world);
    protected virtual Wizard Back() => this with { Page = Page - 1 };

    protected Step Complain(string what) => Step.Stay(this with { Complaint = what });

    /// <param name="unlock">Passphrases of partitions of the source, by number.</param>
    protected Step Plan(IReadOnlyList<string> words, string? passphrase, IReadOnlyDictionary<int, string>? unlock = null)
    {
        var request = new RunRequest(words, passphrase, unlock is { Count: > 0 } ? unlock : null);
        var call = Calls.Prepare(request);
        return Step.Stay(this with { Request = request, Pending = call, Complaint = null }, call);
    }

    protected Content Ask(string name, string question, int of, IReadOnlyList<Block> body, params Hint[] more) => new()
    {
        Title = $"{name} · {question}",
        Right = $"step {Page + 1} of {of}",
        Body = body,
        Pinned = Request is not null
            ? [new Prose([new Piece("The plan is being made: the disks are looked into. Nothing is written.", Tone.Strong)])]
            : Complaint is { } complaint ? [new Prose([new Piece("! " + complaint, Tone.Look)])] : [],
        Hints = [new Hint("Enter", "go on"), .. more, new Hint("Esc", Page == 0 ? "back to the start" : "back")],
    };
}
