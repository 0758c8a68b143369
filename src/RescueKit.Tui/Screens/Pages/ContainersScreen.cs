using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>LVM, RAID and LUKS: opened read-only, their volumes attached as places, and closed again.</summary>
internal sealed record ContainersScreen : Screen
{
    public Picker Picker { get; init; } = new();
    public HostCall? Pending { get; init; }

    public override IReadOnlyList<string> Help =>
    [
        "Disks may hold their file systems in LVM volume groups, RAID arrays or LUKS encryptions, also one inside another: opening one shows what is inside it.",
        "Enter opens one, read-only: nothing is written to its disks, a RAID is not rebuilt, and its disks cannot be written over until it is closed. "
        + "On a volume with a file system Enter attaches that as a place, for reading.",
        "What is mounted of it has to be detached before it can be closed. What this machine's own system has opened is not closed here.",
    ];

    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Containers()];

    public override Content View(World world) => new()
    {
        Title = "Places · LVM, RAID, LUKS",
        Body = ContainerRows.Blocks(world, Picker),
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", Pending is null ? "open, attach" : "wait"), new Hint("c", "close"), Picker.Hint, new Hint("g", "look again"),
            new Hint("Esc", "back"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        var entries = ContainerRows.Entries(world);
        switch (message)
        {
            case ContainerTurned:
                return Step.Stay(this with { Pending = null }, Calls.Containers(), Calls.Disks());
            case Attached when Pending is not null:
                return Step.Close(Calls.Places(), Calls.Images());
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(this with { Pending = null });
        }
        if (Picker.Update(message, entries, ContainerRows.Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key } || Pending is not null) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Containers());
        if (Picker.Chosen(entries, ContainerRows.Item) is not { } entry) return null;
        if (key.Is('c')) return entry.Container.IsOpen ? Do(Calls.CloseContainer(entry.Container)) : Step.Stay(this);
        return key.Code == KeyCode.Enter ? Enter(entry) : null;
    }

    private Step Enter(ContainerEntry entry) => entry switch
    {
        { Volume: { Node: { } node, FileSystem: not (null or "LVM" or "RAID" or "LUKS" or "swap") } } =>
            Do(Calls.Attach(new PlaceRequest { Kind = PlaceKind.Partition, Address = node })),
        { Container: { IsOpen: true } } => Step.Stay(this),
        { Container: { Kind: ContainerKind.Luks, CanOpen: true } luks } => Step.Open(this, new UnlockScreen(luks)),
        _ => Do(Calls.OpenContainer(entry.Container, null)),
    };

    private Step Do(HostCall call) => Step.Stay(this with { Pending = call }, call);
}

/// <summary>The passphrase of a LUKS encryption.</summary>
internal sealed record UnlockScreen(Container Container) : Screen
{
    public TextField Secret { get; init; } = new("", Masked: true);
    public HostCall? Pending { get; init; }

    public override IReadOnlyList<string> Help => ["The passphrase is not shown and not kept. Slow machines take a while to try it.", "What opens with a key file is opened in the shell: cryptsetup open --readonly --key-file FILE NODE NAME."];
    public override bool TakesText => true;

    public override Content View(World world) => new()
    {
        Title = "Places · open LUKS",
        Body =
        [
            new Prose($"{ContainerRows.Name(Container)} on {string.Join(", ", Container.Members)} is encrypted.", 1), new Space(),
            new Entry("Passphrase:", Secret, Pending is null), new Space(),
            new Prose([new Piece($"Keyboard layout: {world.Machine?.Keyboard ?? "unknown"}. A wrong layout types another passphrase; it can be changed from Home with k.", Tone.Faint)], 1),
        ],
        Hints = [new Hint("Enter", Pending is null ? "open, read-only" : "wait"), new Hint("Esc", "back")],
    };

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case ContainerTurned { Id: var id } turned when id == Container.Id:
                return new Step(null, Tell: turned);
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(this with { Pending = null, Secret = new TextField("", true) });
            case KeyPressed { Key.Code: KeyCode.Enter }:
                if (Pending is not null || Secret.Text.Length == 0) return Step.Stay(this);
                var open = Calls.OpenContainer(Container, Secret.Text);
                return Step.Stay(this with { Pending = open }, open);
            default:
                return Secret.Update(message) is { } secret ? Step.Stay(this with { Secret = secret }) : null;
        }
    }
}
