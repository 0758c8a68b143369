using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <param name="Does">What choosing it does.</param>
internal sealed record MenuItem(string Name, string About, Func<Step> Does);

/// <summary>A few things to choose from.</summary>
internal abstract record MenuScreen : Screen
{
    public Picker Picker { get; init; } = new();
    public override bool TakesText => Picker.Searching;

    protected abstract string Title { get; }
    protected virtual IReadOnlyList<Block> Above(World world) => [];
    protected abstract IReadOnlyList<MenuItem> Items(World world);

    public override Content View(World world)
    {
        var items = Items(world);
        var chosen = Picker.Chosen(items, Item);
        return new Content
        {
            Title = Title,
            Body = [.. Above(world), .. Picker.SearchLine, new Listing([.. Picker.Visible(items, Item).Select(i => new Row([i.Name, i.About], i == chosen))], null, 1)],
            Hints = [new Hint("↑↓", "choose"), new Hint("Enter", "open"), new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        var items = Items(world);
        if (Picker.Update(message, items, Item) is { } picker) return Step.Stay(this with { Picker = picker });
        return message is KeyPressed { Key.Code: KeyCode.Enter } && Picker.Chosen(items, Item) is { } item ? item.Does() : null;
    }

    private static PickItem Item(MenuItem item) => new(item.Name, item.Name);
}

internal sealed record MoreScreen : MenuScreen
{
    public override IReadOnlyList<string> Help => ["What is not part of the main job: the log, the network, the keyboard, a shell, and restarting the machine."];
    protected override string Title => "Log, shell, restart";

    protected override IReadOnlyList<MenuItem> Items(World world)
    {
        List<MenuItem> items =
        [
            new("Log", "what has happened so far", () => Step.Open(this, new LogScreen())),
            new("Shell", "a command line on this screen; 'exit' comes back", () => Step.Stay(this, new OpenShell())),
            new("Network", "addresses of this machine", () => Step.Open(this, new NetworkScreen())),
            new("Keyboard", $"layout: {world.Machine?.Keyboard ?? "unknown"}", () => Step.Open(this, new KeyboardScreen())),
        ];
        items.Add(world.Machine is { IsRescueEnvironment: true }
            ? new("Restart or power off", "asks first", () => Step.Open(this, new PowerScreen()))
            : new("Leave", "runs go on", () => Step.Open(this, new LeaveScreen())));
        return items;
    }
}

internal sealed record PowerScreen : MenuScreen
{
    public override IReadOnlyList<string> Help => ["While a run is going on the machine is neither restarted nor switched off: cancel the run first, or wait for it."];
    protected override string Title => "Restart or power off?";

    protected override IReadOnlyList<Block> Above(World world) => world.Running.FirstOrDefault() is { } run
        ? [new Box("Not now", Tone.Look, [$"{Words.Doing(run)} is going on.", "Wait for it, or cancel it on its screen (Runs)."]), new Space()]
        : [];

    protected override IReadOnlyList<MenuItem> Items(World world)
    {
        var stay = new MenuItem("Go on", "", () => Step.Close());
        if (world.Running.Any()) return [stay];
        return
        [
            stay,
            new("Restart", "into whatever the firmware starts", () => Step.Stay(this, Calls.Power(PowerAction.Restart))),
            new("Power off", "", () => Step.Stay(this, Calls.Power(PowerAction.PowerOff))),
        ];
    }
}

internal sealed record LeaveScreen : MenuScreen
{
    public override IReadOnlyList<string> Help => ["Leaving ends this screen only. Runs go on, and 'rescuekit tui' shows them again."];
    protected override string Title => "Leave RescueKit?";

    protected override IReadOnlyList<Block> Above(World world) =>
        world.Running.Any() ? [new Prose($"{Words.Count(world.Running.Count(), "run")} will go on; this program shows them again when it is started anew."), new Space()] : [];

    protected override IReadOnlyList<MenuItem> Items(World world) =>
    [
        new("Stay", "", () => Step.Close()),
        new("Leave", "", () => Step.Stay(this, new LeaveUi())),
    ];
}
