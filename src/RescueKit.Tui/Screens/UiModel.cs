using System.Collections.Immutable;
using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens;

/// <summary>An error, shown over the screen until it is put away.</summary>
internal sealed record Notice(string What, Problem Problem, string? State)
{
    public Content View() => new()
    {
        Title = "Something did not work",
        Right = [new Piece("FAILED", Tone.Lost)],
        Body =
        [
            new Space(),
            new Box($"What failed: {What}", Tone.Lost, [Problem.Error, .. Known("Now: ", State), .. Known("Next: ", Problem.Remedy)]),
        ],
        Hints = [new Hint("Enter", "back to where you were")],
    };

    private static IEnumerable<Line> Known(string word, string? text)
    {
        if (text is not null) yield return [new Piece(word, Tone.Strong), new Piece(text)];
    }
}

/// <summary>The whole UI as a value: screens on a stack, the world, and what is under way. Sees no terminal and no host.</summary>
internal sealed record UiModel
{
    /// <summary>Runs are asked for at each beat, what has come or gone less often.</summary>
    private const int BeatsPerLook = 5;

    public World World { get; init; } = new();
    public ImmutableList<Screen> Stack { get; init; } = [new HomeScreen()];
    public Notice? Notice { get; init; }

    /// <summary>Since the host was last asked what has come or gone.</summary>
    private int Beats { get; init; }
    public HelpScreen? Help { get; init; }

    /// <summary>Calls to the host that have not come back.</summary>
    public ImmutableList<HostCall> Waiting { get; init; } = [];

    /// <summary>Answers of wizards that were left, by <see cref="Screen.Draft"/>.</summary>
    public ImmutableDictionary<string, Screen> Drafts { get; init; } = ImmutableDictionary<string, Screen>.Empty;

    public Screen Top => Stack[^1];

    /// <summary>What is under way, in words; null where nothing is.</summary>
    public string? Busy => Waiting.LastOrDefault(c => c.What is not null)?.What;

    /// <summary>Planned runs that this UI holds and has not started.</summary>
    public IEnumerable<int> Plans => Stack.OfType<PlanScreen>().Where(p => p.Pending is null).Select(p => p.Run.Id);

    /// <summary>Letters go into a field.</summary>
    public bool TakesText => Notice is null && Help is null && Top.TakesText;

    public Content View() => Notice is { } notice ? notice.View() : Help is { } help ? help.View() : Top.View(World);

    public (UiModel Model, IReadOnlyList<Effect> Effects) Update(Message message)
    {
        var (model, effects) = React(message);
        return (model with { Waiting = model.Waiting.AddRange(effects.OfType<HostCall>()) }, effects);
    }

    private (UiModel, IReadOnlyList<Effect>) React(Message message)
    {
        switch (message)
        {
            case Returned { Call: var call, Result: var result }:
                return (this with { Waiting = Waiting.Remove(call) }).React(result);
            case Failed failed:
                return Fail(failed);
            case Learned { Apply: var apply }:
                return Learn(apply(World));
            case Tick { Now: var now }:
                return Poll(this with { World = World with { Now = now } });
            case ScreenBroke { Problem: var problem }:
                var (home, released) = GoHome();
                return (home with { Notice = new Notice("showing that screen", problem, "Nothing was done; runs go on.") }, released);
            case KeyPressed { Key.Code: KeyCode.Redraw }:
                return (this, [new RedrawAll()]);
            case KeyPressed or Pasted when Notice is not null:
                return (message is KeyPressed { Key.Code: KeyCode.Enter or KeyCode.Escape } ? this with { Notice = null } : this, []);
            case KeyPressed { Key.Code: KeyCode.Interrupt }:
                return Interrupt();
            case KeyPressed or Pasted when Help is not null:
                return (this with { Help = message is KeyPressed pressed ? Help.Press(pressed.Key) : Help }, []);
            case KeyPressed { Key: var key } when key.Code == KeyCode.F1 || (key.Is('?') && !Top.TakesText):
                return (this with { Help = new HelpScreen(Top.View(World), Top.Help) }, []);
            default:
                return Offer(message);
        }
    }

    /// <summary>Asks the screens from the top down; what was typed is for the top one alone.</summary>
    private (UiModel, IReadOnlyList<Effect>) Offer(Message message)
    {
        var typed = message is KeyPressed or Pasted;
        for (var at = Stack.Count - 1; at >= 0; at--)
        {
            if (Stack[at].Update(message, World) is { } step) return Go(at, step);
            if (typed) break;
        }
        return message switch
        {
            KeyPressed { Key.Code: KeyCode.Escape } when Stack.Count > 1 => Go(Stack.Count - 1, Step.Close()),
            // Nobody waits for this plan any more: its disks are let go.
            Prepared { Run.Id: var run } => (this, [Calls.Cancel(run)]),
            FilesOpened { Files.Id: var files } => (this, [Calls.CloseFiles(files)]),
            _ => (this, []),
        };
    }

    private (UiModel, IReadOnlyList<Effect>) Go(int at, Step step)
    {
        var effects = step.Effects.ToList();
        var (stack, drafts) = (Stack, Drafts);
        if (step.FromHome)
        {
            // What was begun has become a run: its answers are no draft any more.
            drafts = drafts.RemoveRange(stack.Skip(1).Select(s => s.Draft).OfType<string>());
            effects.AddRange(stack.Skip(1).SelectMany(s => s.Closing));
            stack = [stack[0]];
        }
        else if (step.Self is { } self)
        {
            stack = stack.SetItem(at, self);
        }
        else
        {
            var closed = stack[at];
            if (closed.Draft is { } name) drafts = drafts.SetItem(name, closed.Kept);
            effects.AddRange(closed.Closing);
            stack = stack.RemoveAt(at);
        }
        if (step.Next is { } next)
        {
            if (!next.Preset && next.Draft is { } name && drafts.TryGetValue(name, out var draft)) next = draft;
            stack = stack.Add(next);
            effects.AddRange(next.Opening);
        }
        var model = this with { Stack = stack, Drafts = drafts };
        if (step.Tell is not { } tell) return (model, effects);
        var (told, more) = model.Offer(tell);
        return (told, [.. effects, .. more]);
    }

    private (UiModel, IReadOnlyList<Effect>) Learn(World world)
    {
        var model = this with { World = world with { ConnectionProblem = world.Connected ? null : world.ConnectionProblem } };
        // Marks first: what changes while the lists are made shows in the next ones.
        if (world.Connected && !World.Connected) return (model with { World = model.World with { Changes = null } }, [Calls.Machine(), Calls.Changes()]);
        var ended = world.Runs.Any(r => r.Stage == RunStage.Ended && World.Run(r.Id) is { Stage: RunStage.Running });
        if (ended) return (model, [Calls.Disks(), Calls.Places(), Calls.Images()]);
        return world.Changes is { } marks && marks != World.Changes ? Look(model, marks) : (model, []);
    }

    /// <summary>
    /// Looks again at what has come or gone, without being asked. Not into the disks while a run reads or writes them: the end of the run does that,
    /// and one that is dying is not read more than needed.
    /// </summary>
    private (UiModel, IReadOnlyList<Effect>) Look(UiModel model, ChangeMarks marks)
    {
        List<Effect> effects = [Calls.Machine()];
        if (marks.Devices != World.Changes?.Devices && !(World.Changes is not null && World.Running.Any())) effects.Add(Calls.Disks());
        if (marks.Places != World.Changes?.Places) effects.AddRange([Calls.Places(), Calls.Images()]);
        return (model, effects);
    }

    /// <summary>One question that is asked over and over is under way at any time; while the host does not answer, only whether it does again.</summary>
    private static (UiModel, IReadOnlyList<Effect>) Poll(UiModel model)
    {
        if (model.Waiting.Any(c => c.What is null)) return (model, []);
        if (!model.World.Connected) return (model, [Calls.Machine()]);
        IReadOnlyList<Effect> questions = model.Beats == 0 ? [Calls.Runs(), Calls.Changes()] : [Calls.Runs()];
        model = model with { Beats = (model.Beats + 1) % BeatsPerLook };
        if (model.Top.Update(new Tick(model.World.Now), model.World) is not { } step) return (model, questions);
        var (next, effects) = model.Go(model.Stack.Count - 1, step);
        return (next, [.. questions, .. effects]);
    }

    private (UiModel, IReadOnlyList<Effect>) Fail(Failed failed)
    {
        var model = this with { Waiting = Waiting.Remove(failed.Call) };
        if (failed.Call.What is not { } what)
        {
            return (model with { World = World with { Connected = false, ConnectionProblem = failed.Problem.Error } }, []);
        }
        var (told, effects) = model.Offer(failed);
        return (told with { Notice = new Notice(what, failed.Problem, failed.Call.State) }, effects);
    }

    /// <summary>Ctrl-C never kills: in the rescue environment there is nothing to go to, so it leads home; elsewhere it asks.</summary>
    private (UiModel, IReadOnlyList<Effect>) Interrupt()
    {
        if (World.Machine is { IsRescueEnvironment: true }) return GoHome();
        var model = this with { Help = null };
        return Top is LeaveScreen ? (model, []) : (model with { Stack = Stack.Add(new LeaveScreen()) }, []);
    }

    /// <summary>Plans are let go of, answers are kept.</summary>
    private (UiModel, IReadOnlyList<Effect>) GoHome()
    {
        List<Effect> closing = [.. Plans.Select(Calls.Cancel), .. Stack.Skip(1).SelectMany(s => s.Closing)];
        var drafts = Stack.Where(s => s.Draft is not null).Aggregate(Drafts, (all, s) => all.SetItem(s.Draft!, s.Kept));
        return (this with { Help = null, Stack = [Stack[0]], Drafts = drafts }, closing);
    }
}
