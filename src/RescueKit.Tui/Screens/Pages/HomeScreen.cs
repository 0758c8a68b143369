using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Screens.Wizards;

namespace RescueKit.Tui.Screens.Pages;

internal sealed record HomeScreen(Picker? Picker = null) : Screen
{
    private sealed record Way(string Name, Func<World, Line> About, Func<Screen> Open, bool GapAfter = false);

    private static readonly Way[] Ways =
    [
        new("Restore a disk", _ => "from an image on this stick, a disk or a share", () => new RestoreWizard()),
        new("Back up a disk", _ => "into an image: cold, nothing on the disk is changed", () => new BackupWizard()),
        new("Clone a disk", _ => "straight onto another disk", () => new CloneWizard()),
        new("Get files", _ => "out of an image", () => new FilesWizard()),
        new("Verify an image", _ => "every block of it", () => new VerifyWizard(), GapAfter: true),
        new("Images", ImagesFound, () => new ImagesScreen()),
        new("Disks", DisksFound, () => new DisksScreen()),
        new("Places for images", PlacesFound, () => new PlacesScreen()),
        new("Runs", RunsFound, () => new RunsScreen()),
        new("Log, shell, restart…", _ => "", () => new MoreScreen()),
    ];

    public override IReadOnlyList<string> Help =>
    [
        "Choose what is to be done. Nothing is written anywhere before a plan has been shown and, where a disk would be overwritten, its id typed.",
        "Restore puts an image back onto a disk. Back up makes one. Clone copies a disk onto another one without an image between them.",
        "Runs go on when their screen is left, and also when this program is: every screen of this machine shows the same runs.",
    ];

    public override bool TakesText => List.Searching;
    private Picker List => Picker ?? new Picker();

    public override Content View(World world)
    {
        var machine = world.Machine;
        return new Content
        {
            Title = machine is null ? "RescueKit" : $"RescueKit {machine.Version}",
            Right = machine is null ? Line.Empty : [$"{machine.HostName}  ·  {Firmware(machine)}"],
            Body = world.Connected || machine is not null ? Body(world) : [new Space(), Connecting(world)],
            Hints =
            [
                new Hint("↑↓", "choose"), new Hint("Enter", "open"), Parts.Picker.Hint, new Hint("k", "keyboard"),
                new Hint("q", machine is { IsRescueEnvironment: true } ? "restart or power off" : "leave"),
            ],
        };
    }

    public override Step? Update(Message message, World world)
    {
        if (List.Update(message, Ways, Item) is { } list) return Step.Stay(this with { Picker = list });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('q')) return Step.Open(this, world.Machine is { IsRescueEnvironment: true } ? new PowerScreen() : new LeaveScreen());
        if (key.Is('k')) return Step.Open(this, new KeyboardScreen());
        return key.Code == KeyCode.Enter && List.Chosen(Ways, Item) is { } way ? Step.Open(this, way.Open()) : null;
    }

    private static PickItem Item(Way way) => new(way.Name, way.Name);

    private List<Block> Body(World world)
    {
        List<Block> blocks = [.. List.SearchLine];
        var chosen = List.Chosen(Ways, Item);
        blocks.Add(new Listing([.. List.Visible(Ways, Item).Select(way =>
            new Row([way.Name, way.About(world)], way == chosen, Below: way.GapAfter ? [new Space()] : []))], null, 1));
        blocks.Add(new Space());
        if (!world.Connected) blocks.Add(Connecting(world));
        foreach (var run in world.Running) blocks.Add(new Prose([new Piece("Running: ", Tone.Strong), new Piece($"{Words.Doing(run)}{Percent(run)}")]));
        if (Newest(world) is { } image) blocks.Add(new Prose(image));
        foreach (var warning in world.Machine?.Warnings ?? []) blocks.Add(new Prose([new Piece("! " + warning, Tone.Look)]));
        return blocks;
    }

    private static Box Connecting(World world) => new("Connecting…", Tone.Look, world.ConnectionProblem is { } problem
        ? [problem, "It is asked again every moment. Runs that have begun go on without this screen."]
        : ["The host of the runs is being asked."]);

    private static string Firmware(MachineInfo machine) => machine.SecureBoot switch
    {
        true => $"{machine.Firmware}, Secure Boot on",
        false => $"{machine.Firmware}, Secure Boot off",
        null => machine.Firmware,
    };

    private static string Percent(RunState run) => run.Progress is { TotalBytes: > 0 } p ? $", {Units.Percent(p.DoneBytes, p.TotalBytes)} %" : "";

    private static string? Newest(World world)
    {
        if (world.Images?.FirstOrDefault(i => i.Image is not null) is not { Image: { } image } found) return null;
        var place = world.Places?.FirstOrDefault(p => p.Id == found.PlaceId);
        var where = place is { Kind: PlaceKind.Stick } ? "the stick" : place?.Name ?? "a place";
        var more = world.Images.Count > 1 ? $", and {world.Images.Count - 1} more" : "";
        return $"Found on {where}: {image.Taken?.Host ?? Words.ImageName(found)}, {Words.Taking(image)}, {Words.Date(Words.Time(found))}{more}";
    }

    private static Line ImagesFound(World world) => world.Images is { } images ? $"{images.Count} found" : "…";

    private static Line DisksFound(World world)
    {
        if (world.Disks is not { } disks) return "…";
        var odd = disks.Count(d => d.Warnings.Count > 0 || d.Error is not null);
        if (odd == 0) return $"{disks.Count} found";
        return [new Piece($"{disks.Count} found, "), new Piece($"{odd} with a warning !", Tone.Look)];
    }

    private static Line PlacesFound(World world) => world.Places is { } places
        ? places.Count == 0 ? "none attached" : string.Join(" · ", places.Select(Words.Place))
        : "…";

    private static Line RunsFound(World world) =>
        world.Runs.Count == 0 ? "none yet" : $"{world.Running.Count()} going on, {world.Runs.Count(r => r.Stage == RunStage.Ended)} ended";
}
