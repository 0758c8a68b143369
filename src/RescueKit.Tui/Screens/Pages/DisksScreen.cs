using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Screens.Wizards;

namespace RescueKit.Tui.Screens.Pages;

internal sealed record DisksScreen : Screen
{
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help =>
    [
        "All disks of this machine. The bar of the chosen one shows its partitions in proportion; the dark part of each is used.",
        "The size said to be used is what a backup would take: all of a partition where its file system's map cannot be trusted.",
    ];

    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Disks()];

    public override Content View(World world) => new()
    {
        Title = "Disks",
        Right = world.Disks is { } disks ? Words.Count(disks.Count, "disk") : Line.Empty,
        Body = DiskRows.Blocks(world, Picker, _ => null),
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", "details"), new Hint("b", "back up"), new Hint("r", "restore onto"), new Hint("c", "clone"),
            Picker.Hint, new Hint("g", "look again"), new Hint("Esc", "back"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        var disks = world.Disks ?? [];
        if (Picker.Update(message, disks, DiskRows.Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Disks());
        if (Picker.Chosen(disks, DiskRows.Item) is not { Path: var path }) return null;
        var preset = new Picker(path);
        if (key.Is('b')) return Step.Open(this, new BackupWizard { Sources = preset, Preset = true });
        if (key.Is('r')) return Step.Open(this, new RestoreWizard { Targets = preset, Preset = true });
        if (key.Is('c')) return Step.Open(this, new CloneWizard { Sources = preset, Preset = true });
        return key.Code == KeyCode.Enter ? Step.Open(this, new DiskScreen(path)) : null;
    }
}

/// <summary>One disk in full.</summary>
internal sealed record DiskScreen(string Path, int Scroll = 0) : ScrollScreen(Scroll)
{
    public override IReadOnlyList<string> Help => ["All that is known of the disk. Its id is what has to be typed before it is written over."];

    public override Content View(World world) => world.Disk(Path) is { } disk
        ? Page(Words.Disk(disk), Body(world, disk))
        : Page(Path, [new Prose($"{Path} is not there any more.", 1)]);

    private static List<Block> Body(World world, DiskDocument disk)
    {
        var blocks = new List<Block> { new DiskMap(disk, 1) };
        void Field(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) blocks.Add(new Prose(value, 1, $"{name,-12} "));
        }
        Field("id", disk.ConfirmId);
        Field("size", $"{Units.Size(disk.Length)} ({disk.Length} bytes)");
        Field("serial", disk.Serial);
        Field("WWN", disk.Wwn);
        Field("bus, port", $"{Words.Bus(disk)}, {Words.Port(disk)}");
        Field("sectors", $"{disk.LogicalSectorSize} bytes logical, {disk.PhysicalSectorSize} physical");
        Field("kind", string.Join(", ", Kinds(world, disk)));
        Field("table", $"{Words.Table(disk)}{(disk.DiskId is { } id ? $", id {id}" : "")}");
        foreach (var use in disk.Uses) Field("in use", use);
        if (disk.Error is { } error) blocks.Add(new Prose([new Piece($"! could not be looked into: {error}", Tone.Look)], 1));
        foreach (var warning in disk.Warnings) blocks.Add(new Prose([new Piece($"! {warning}", Tone.Look)], 1));
        foreach (var p in disk.Partitions)
        {
            blocks.Add(new Space());
            blocks.Add(new Prose([new Piece(p.Number == 0 ? "No partition table: the whole disk" : $"Partition {p.Number}", Tone.Strong)], 1));
            Field("  where", $"offset {p.Offset}, {Units.Size(p.Length)} ({p.Length} bytes)");
            if (p.Number > 0) Field("  type", p.TypeName ?? p.Type);
            Field("  name", p.Name);
            Field("  id", p.Id);
            Field("  holds", $"{p.FileSystem ?? "nothing recognised"}{(p.Label is { Length: > 0 } label ? $" \"{label}\"" : "")}");
            Field("  UUID", p.Uuid);
            Field("  used", p.UsedBytes is { } used ? Units.Size(used) : null);
            Field("  imaged", p.WholeReason is { } reason ? $"whole: {reason}" : null);
            Field("  state", p.Hibernated ? "hibernated: an operating system lies suspended here" : p.Unclean ? "not cleanly unmounted" : null);
            Field("  set", p.SetMember ? "member of a set: nothing may be restored onto it alone" : null);
            Field("  mounted at", p.MountedAt);
            foreach (var warning in p.Warnings) blocks.Add(new Prose([new Piece($"! {warning}", Tone.Look)], 3));
        }
        return blocks;
    }

    private static IEnumerable<string> Kinds(World world, DiskDocument disk)
    {
        yield return disk.Kind;
        if (disk.Path == world.Machine?.StickDisk) yield return "this stick";
        if (disk.SystemDisk) yield return "this system's own disk";
        if (disk.ReadOnly) yield return "read-only";
        if (disk.Removable) yield return "removable";
        if (disk.Rotational) yield return "rotating";
    }
}
