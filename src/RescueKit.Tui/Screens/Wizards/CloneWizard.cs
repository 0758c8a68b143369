using RescueKit.Engine.Inspection;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Which disk, onto which, how.</summary>
internal sealed record CloneWizard : Wizard
{
    private const int Steps = 4;
    private const string Shrinking = "shrink";
    private static readonly string[] Free = ["keep", "discard", "zero"];
    private static readonly Form Questions = Form.Of(
        Field.Choice("verify", "Read back", ["yes: compare all that was written", "no"]),
        Field.Choice("bad", "Unreadable sectors", ["end the clone", "skip, after repeated attempts; they are recorded"]),
        Field.Choice("unclean", "Unclean file systems", ["whole: every block", "used blocks only"], "The plan shows both sizes."),
        Field.Choice("free", "Free blocks", ["are kept as they are", "are discarded (TRIM)", "are zeroed"], "Blocks of the target that are free on the source."));

    public Picker Sources { get; init; } = new();
    public string? Source { get; init; }
    public Picker Targets { get; init; } = new();
    public string? Target { get; init; }
    public Form Options { get; init; } = Questions;

    /// <summary>What <see cref="Options"/> was made for.</summary>
    public (string? Source, string Target) MadeFor { get; init; }

    public override string Draft => "clone";
    public override Screen Kept => ((CloneWizard)base.Kept) with { Options = Options.WithoutSecrets() };
    public override bool TakesText => Page switch { 0 => Sources.Searching, 1 => Targets.Searching, _ => Options.TakesText };

    public override IReadOnlyList<string> Help => Page switch
    {
        0 => ["Choose the disk to copy. It is only read."],
        1 => ["Choose the disk to write over: all that is on it will be lost. What cannot be chosen says why. Nothing is written yet."],
        _ => ["What is proposed is right for most disks."],
    };

    public override Content View(World world) => Page switch
    {
        0 => Ask("Clone", "which disk?", Steps, DiskRows.Blocks(world, Sources, d => Refusals.AsSource(world, d)), new Hint("↑↓", "choose"), Picker.Hint, new Hint("g", "look again")),
        1 => Ask("Clone", "onto which disk?", Steps, [Named(world, "FROM", Source, Tone.Plain), new Space(), .. DiskRows.Blocks(world, Targets, d => Refusal(world, d))],
            new Hint("↑↓", "choose"), Picker.Hint, new Hint("g", "look again")),
        _ => Ask("Clone", "how?", Steps, [Named(world, "FROM", Source, Tone.Plain), Named(world, "ONTO", Target, Tone.Lost), new Space(), .. Options.Blocks()],
            new Hint("Tab", "next"), new Hint("Space", "change")),
    };

    protected override Step? Answer(Message message, World world)
    {
        if (Page == 2)
        {
            if (message is not KeyPressed { Key.Code: KeyCode.Enter }) return Options.Update(message) is { } options ? Step.Stay(this with { Options = options, Complaint = null }) : null;
            var unlock = UnlockQuestions.Answers(Options);
            if (UnlockQuestions.Complaint(unlock) is { } complaint) return Complain(complaint);
            var sizes = new SizeAnswers(SizeQuestions.Grown(Options), Options.Fields.Any(f => f.Id == Shrinking));
            var answers = new CloneAnswers(
                Source!, Target!, Options.Choice("verify") == 0, Options.Choice("bad") == 1, Options.Choice("unclean") == 1, Free[Options.Choice("free")], sizes);
            return Plan(CommandLines.Clone(answers with { Unlock = unlock.Keys }), null, unlock);
        }
        var disks = world.Disks ?? [];
        var list = Page == 0 ? Sources : Targets;
        if (list.Update(message, disks, DiskRows.Item) is { } moved)
            return Step.Stay(Page == 0 ? this with { Sources = moved, Complaint = null } : this with { Targets = moved, Complaint = null });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Disks());
        if (key.Code != KeyCode.Enter || list.Chosen(disks, DiskRows.Item) is not { } disk) return null;
        if (Page == 0)
        {
            return Refusals.AsSource(world, disk) is { } no
                ? Complain($"{disk.Path} cannot be cloned: {no}.")
                : Step.Stay(this with { Page = 1, Complaint = null, Source = disk.Path, Sources = Sources with { Key = disk.Path } });
        }
        return Refusal(world, disk) is { } refusal
            ? Complain($"{disk.Path} cannot be written over: {refusal}.")
            : Step.Stay(this with
            {
                Page = 2,
                Complaint = null,
                Target = disk.Path,
                Targets = Targets with { Key = disk.Path },
                Options = MadeFor == (Source, disk.Path) ? Options : OptionsFor(world.Disk(Source), disk),
                MadeFor = (Source, disk.Path),
            });
    }

    private static Form OptionsFor(DiskDocument? source, DiskDocument target)
    {
        if (source is null) return Questions;
        if (target.Length < source.Length && SizeQuestions.CanShrink(Sized(source)))
            return new Form(Questions.Fields.Insert(0, Field.Choice(Shrinking, "Smaller disk", ["file systems shrink until all fits"])));
        return new Form([.. UnlockQuestions.Of(source), .. SizeQuestions.Growing(Sized(source), source.Length, target) is { } growing ? [growing] : (Field[])[], .. Questions.Fields]);
    }

    private static IReadOnlyList<SizedPartition> Sized(DiskDocument disk) => [.. disk.Partitions.Select(SizedPartition.Of)];

    /// <summary>At least what file systems can be shrunk to is needed; the plan knows exactly.</summary>
    private string? Refusal(World world, DiskDocument disk) => Refusals.AsTarget(world, disk, Source, null, world.Disk(Source) is { } source ? SizeQuestions.LeastLength(Sized(source)) : 0);

    private static Prose Named(World world, string word, string? path, Tone tone) =>
        new([new Piece(world.Disk(path) is { } disk ? Words.Disk(disk) : path ?? "", tone)], 0, word.PadRight(6));
}
