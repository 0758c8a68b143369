using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Which image, onto which disk, what of it.</summary>
internal sealed record RestoreWizard : Wizard
{
    private const int Steps = 5;
    private const string Shrunk = "the whole disk: file systems shrink until all fits";
    private static readonly string[] Free = ["keep", "discard", "zero"];

    public ImageChoice Choice { get; init; } = new();
    public Picker Targets { get; init; } = new();
    public string? Target { get; init; }
    public Form What { get; init; } = new([]);

    /// <summary>What <see cref="What"/> was made for.</summary>
    public (string Image, string Target) MadeFor { get; init; }

    public override string Draft => "restore";
    public override Screen Kept => ((RestoreWizard)base.Kept) with { Choice = Choice.Kept };

    public override bool TakesText => Page switch { 0 => Choice.TakesText, 2 => Targets.Searching, _ => false };

    public override IReadOnlyList<string> Help => Page switch
    {
        0 => ["Choose the image to put back. Those on attached places are listed, newest first; b looks into folders."],
        1 => ["What the image tells of itself. Go on if it is the right one."],
        2 => ["Choose the disk to write over. What cannot be chosen says why. Nothing is written yet."],
        _ => ["The whole disk makes the target like the disk that was imaged. Chosen partitions go into partitions that the target already has; all else on it stays."],
    };

    public override Content View(World world) => Page switch
    {
        0 => Ask("Restore", Choice.AsksPassphrase ? "passphrase" : "which image?", Steps, Choice.Blocks(world), [.. Choice.Hints]),
        1 => Ask("Restore", "is it this one?", Steps, Choice.Image is { } image ? ImageRows.Details(image) : []),
        2 => Ask("Restore", "onto which disk?", Steps, [From(), new Space(), .. DiskRows.Blocks(world, Targets, d => Refusal(world, d))],
            new Hint("↑↓", "choose"), Picker.Hint, new Hint("g", "look again")),
        _ => Ask("Restore", "what of it?", Steps, [From(), Onto(world), new Space(), .. What.Blocks()], new Hint("Tab", "next"), new Hint("Space", "change")),
    };

    protected override Step? Answer(Message message, World world) => Page switch
    {
        0 => Choice.Update(message, world, c => this with { Choice = c }, c => Step.Stay(this with { Choice = c, Page = 1 })),
        1 => message is KeyPressed { Key.Code: KeyCode.Enter } ? Step.Stay(this with { Page = 2 }) : null,
        2 => AnswerTarget(message, world),
        _ => AnswerWhat(message),
    };

    private Step? AnswerTarget(Message message, World world)
    {
        var disks = world.Disks ?? [];
        if (Targets.Update(message, disks, DiskRows.Item) is { } list) return Step.Stay(this with { Targets = list, Complaint = null });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Disks());
        if (key.Code != KeyCode.Enter || Targets.Chosen(disks, DiskRows.Item) is not { } disk || Choice.Image is not { } image) return null;
        if (Refusal(world, disk) is { } refusal) return Complain($"{disk.Path} cannot be written over: {refusal}.");
        var same = MadeFor == (image.Path, disk.Path);
        return Step.Stay(this with
        {
            Page = 3,
            Complaint = null,
            Target = disk.Path,
            Targets = Targets with { Key = disk.Path },
            What = same ? What : Questions(image, disk),
            MadeFor = (image.Path, disk.Path),
        });
    }

    private Step? AnswerWhat(Message message)
    {
        if (message is not KeyPressed { Key.Code: KeyCode.Enter })
            return What.Update(message) is { } what ? Step.Stay(this with { What = what, Complaint = null }) : null;
        if (Choice.Image is not { } image || Target is not { } target) return null;
        var chosen = new List<(int From, int Onto)>();
        if (SomeOnly(What))
        {
            foreach (var field in What.Fields.Where(f => f.Id.StartsWith('p') && f.Chosen > 0))
                chosen.Add((int.Parse(field.Id[1..]), int.Parse(field.Choices[field.Chosen].Split(' ')[1])));
            if (chosen.Count == 0) return Complain("No partition is chosen.");
            if (chosen.DistinctBy(c => c.Onto).Count() < chosen.Count) return Complain("Two partitions are to go into the same one of the target.");
        }
        var answers = new RestoreAnswers(image.Path, target, chosen, What.Choice("verify") == 0, What.Choice("damage") == 1, Free[What.Choice("free")],
            new SizeAnswers(SizeQuestions.Grown(What), Kind(What) == Shrunk));
        return Plan(CommandLines.Restore(answers), Choice.Passphrase);
    }

    /// <summary>A disk that holds no whole copy may still hold chosen partitions, so only what nothing at all fits on is too small.</summary>
    private string? Refusal(World world, DiskDocument disk) =>
        Refusals.AsTarget(world, disk, null, Choice.Image?.Path, Choice.Image?.Partitions.Where(p => p.Included).Select(p => p.Length).DefaultIfEmpty(0).Min() ?? 0);

    private static Form Questions(ImageDocument image, DiskDocument disk)
    {
        IReadOnlyList<SizedPartition> sized = [.. image.Partitions.Select(SizedPartition.Of)];
        var length = image.Disk?.Length ?? 0;
        var (fits, divided) = (WholeFits(image, disk), !image.Partitions.Any(p => p.Number == 0));
        var shrinks = disk.Length < length && disk.Length >= SizeQuestions.LeastLength(sized) && SizeQuestions.CanShrink(sized) && image.Partitions.All(p => p.Included);
        List<string> kinds =
        [
            .. fits ? ["the whole disk: tables, boot code, all"] : (string[])[],
            .. divided || !fits ? [fits ? "chosen partitions only" : "chosen partitions only: all of it does not fit"] : (string[])[],
            .. shrinks ? [Shrunk] : (string[])[],
        ];
        var fields = new List<Field> { Field.Choice("what", "Restore", kinds) };
        if (SizeQuestions.Growing(sized, length, disk, form => !SomeOnly(form)) is { } growing && length > 0) fields.Add(growing);
        foreach (var p in image.Partitions.Where(p => p.Included && p.Number > 0))
        {
            var into = disk.Partitions.Where(t => t.Number > 0 && t.Length >= p.Length && t.MountedAt is null)
                .Select(t => $"→ {t.Number}  {Words.Partition(t)}, {Units.Size(t.Length)}, {t.FileSystem ?? "unknown"} is LOST");
            fields.Add(Field.Choice($"p{p.Number}", $"{p.Number} {p.Label ?? p.Name ?? p.FileSystem}, {Units.Size(p.Length)}", ["left out", .. into], needs: SomeOnly));
        }
        fields.Add(Field.Choice("verify", "Read back", ["yes: compare all that was written", "no"]));
        fields.Add(Field.Choice("free", "Free blocks", ["are kept as they are", "are discarded (TRIM)", "are zeroed"], "Blocks of the target that hold nothing of the image."));
        fields.Add(Field.Choice("damage", "Damage in the image", ["ends the restore", "becomes zeros and is recorded"]));
        return new Form([.. fields]);
    }

    private static bool SomeOnly(Form form) => Kind(form).StartsWith("chosen", StringComparison.Ordinal);

    private static string Kind(Form form) => form.Fields.First(f => f.Id == "what") is var what ? what.Choices[what.Chosen] : "";

    /// <summary>The end of the last partition: the least that can be meant; the plan knows exactly.</summary>
    private static bool WholeFits(ImageDocument image, DiskDocument disk) =>
        disk.Length >= image.Partitions.Where(p => p.Included).Select(p => p.Offset + p.Length).DefaultIfEmpty(0).Max();

    private Prose From() => new(Choice.Image is { } image
        ? $"{Path.GetFileName(image.Path)}, {Words.Taking(image)}: {image.Disk?.Model ?? image.Disk?.Name}, {Units.Size(image.Disk?.Length ?? 0)}" : "", 0, "FROM  ");

    private Prose Onto(World world) => new([new Piece(world.Disk(Target) is { } disk ? Words.Disk(disk) : Target ?? "", Tone.Lost)], 0, "ONTO  ");
}
