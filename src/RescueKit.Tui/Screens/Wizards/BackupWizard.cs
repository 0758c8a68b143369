using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Which disk, where to, under which name, how.</summary>
internal sealed record BackupWizard : Wizard
{
    private const int Steps = 5;
    private static readonly string[] Codecs = ["lz4", "zstd", "none"];
    private static readonly Form Questions = Form.Of(
        Field.Choice("codec", "Compression", ["lz4: fastest", "zstd: smaller", "none"]),
        Field.Choice("encrypt", "Encryption", ["no: whoever has the image can read the disk", "yes: with a passphrase"]),
        Field.Typed("first", "Passphrase", masked: true, needs: Encrypts, note: "Without it nobody can read the image again, ever."),
        Field.Typed("second", "Again", masked: true, needs: Encrypts),
        Field.Choice("unclean", "Unclean file systems", ["whole: every block", "used blocks only"],
            "Where a file system was not cleanly unmounted and its map cannot be proven, whole is the safe choice; the plan shows both sizes."),
        Field.Choice("bad", "Unreadable sectors", ["end the backup", "skip, after repeated attempts; they are recorded"]),
        Field.Choice("swap", "Windows swap files", ["taken too", "left out"]),
        Field.Typed("parts", "Partitions", "all", "all, or numbers with commas between: 1,3. Tables and boot code are always taken."),
        Field.Choice("verify", "Verify afterwards", ["yes: read the image back", "no"]),
        Field.Choice("begun", "An image begun before", ["is not touched", "is gone on with"], "Going on first compares all that the image has with the disk."));

    public Picker Sources { get; init; } = new();
    public string? Source { get; init; }
    public Picker Targets { get; init; } = new();
    public string? PlaceId { get; init; }

    /// <summary>The name that was proposed: as long as it is unchanged it follows the chosen disk.</summary>
    public string Proposed { get; init; } = "";
    public TextField Name { get; init; } = new();
    public Form Options { get; init; } = Questions;

    /// <summary>The disk that <see cref="Options"/> was made for.</summary>
    public string? MadeFor { get; init; }

    public override string Draft => "backup";
    public override Screen Kept => ((BackupWizard)base.Kept) with { Options = Options.WithoutSecrets() };

    public override bool TakesText => Page switch { 0 => Sources.Searching, 1 => Targets.Searching, 2 => true, _ => Options.TakesText };

    public override IReadOnlyList<string> Help => Page switch
    {
        0 => ["Choose the disk to back up. It is only read. A disk that is in use cannot be taken cold; the list says what uses it."],
        1 => ["Choose where the image goes. With a, a partition or share is attached. A place on the disk that is backed up cannot be chosen."],
        2 => ["The image is a file of this name. Folders can be named too, divided by /; they must exist."],
        _ => ["What is proposed is right for most disks. Space or the arrows change a choice, Tab goes to the next."],
    };

    public override Content View(World world) => Page switch
    {
        0 => Ask("Back up", "which disk?", Steps, DiskRows.Blocks(world, Sources, d => Refusals.AsSource(world, d)), new Hint("↑↓", "choose"), Picker.Hint, new Hint("g", "look again")),
        1 => Ask("Back up", "where to?", Steps, [From(world), new Space(), .. PlaceRows.Blocks(world, Targets, p => PlaceRows.NotForImagesOf(p, Source))],
            new Hint("↑↓", "choose"), Picker.Hint, new Hint("a", "attach another"), new Hint("g", "look again")),
        2 => Ask("Back up", "under which name?", Steps, [From(world), To(world), new Space(), new Entry("Name:", Name, true)]),
        _ => Ask("Back up", "how?", Steps, [From(world), To(world), new Space(), .. Options.Blocks()], new Hint("Tab", "next"), new Hint("Space", "change")),
    };

    protected override Step? Answer(Message message, World world) => Page switch
    {
        0 => AnswerSource(message, world),
        1 => AnswerPlace(message, world),
        2 => AnswerName(message),
        _ => AnswerOptions(message, world),
    };

    private Step? AnswerSource(Message message, World world)
    {
        var disks = world.Disks ?? [];
        if (Sources.Update(message, disks, DiskRows.Item) is { } list) return Step.Stay(this with { Sources = list, Complaint = null });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Disks());
        if (key.Code != KeyCode.Enter || Sources.Chosen(disks, DiskRows.Item) is not { } disk) return null;
        if (Refusals.AsSource(world, disk) is { } refusal) return Complain($"{disk.Path} cannot be backed up: {refusal}.");
        var proposed = $"{Slug(Words.Model(disk))}-{Slug(disk.ConfirmId)}-{world.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.rki";
        return Step.Stay(this with
        {
            Page = 1,
            Complaint = null,
            Source = disk.Path,
            Sources = Sources with { Key = disk.Path },
            Proposed = proposed,
            Name = Name.Text.Length == 0 || Name.Text == Proposed ? new TextField(proposed) : Name,
            Options = MadeFor == disk.Path ? Options : new Form([.. UnlockQuestions.Of(disk), .. Options.Fields.Where(f => !UnlockQuestions.IsOne(f))]),
            MadeFor = disk.Path,
        });
    }

    private Step? AnswerPlace(Message message, World world)
    {
        var places = world.Places ?? [];
        if (Targets.Update(message, places, PlaceRows.Item) is { } list) return Step.Stay(this with { Targets = list, Complaint = null });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('a')) return Step.Open(this, new AttachScreen());
        if (key.Is('g')) return Step.Stay(this, Calls.Places());
        if (key.Code != KeyCode.Enter || Targets.Chosen(places, PlaceRows.Item) is not { } place) return null;
        return PlaceRows.NotForImagesOf(place, Source) is { } refusal
            ? Complain($"{place.Name} cannot take the image: {refusal}.")
            : Step.Stay(this with { Page = 2, PlaceId = place.Id, Targets = Targets with { Key = place.Id }, Complaint = null });
    }

    private Step? AnswerName(Message message)
    {
        if (message is KeyPressed { Key.Code: KeyCode.Enter })
        {
            var name = Name.Text.Trim();
            if (name.Length == 0 || name.EndsWith('/')) return Complain("The image needs a name.");
            if (name.StartsWith('/') || name.Split('/').Contains("..")) return Complain("The name is inside the place: it begins with no / and has no ..");
            return Step.Stay(this with { Page = 3, Name = new TextField(Path.HasExtension(name) ? name : name + ".rki"), Complaint = null });
        }
        return Name.Update(message) is { } typed ? Step.Stay(this with { Name = typed, Complaint = null }) : null;
    }

    private Step? AnswerOptions(Message message, World world)
    {
        if (message is not KeyPressed { Key.Code: KeyCode.Enter })
            return Options.Update(message) is { } options ? Step.Stay(this with { Options = options, Complaint = null }) : null;
        if (world.Places?.FirstOrDefault(p => p.Id == PlaceId) is not { } place)
            return Complain("The place for the image has gone. Go back with Esc and choose another.");
        var encrypt = Encrypts(Options);
        if (encrypt && Options.Text("first").Length == 0) return Complain("Encryption needs a passphrase.");
        if (encrypt && Options.Text("first") != Options.Text("second")) return Complain("The two passphrases differ.");
        if (Partitions(Options.Text("parts")) is not { } partitions) return Complain("Partitions are all, or numbers with commas between, as 1,3.");
        var unlock = UnlockQuestions.Answers(Options);
        if (UnlockQuestions.Complaint(unlock) is { } complaint) return Complain(complaint);
        var words = CommandLines.Backup(new BackupAnswers(Source!, Path.Combine(place.Path, Name.Text))
        {
            Partitions = partitions,
            Codec = Codecs[Options.Choice("codec")],
            Encrypt = encrypt,
            UncleanUsed = Options.Choice("unclean") == 1,
            SkipBadSectors = Options.Choice("bad") == 1,
            ExcludeWindowsSwap = Options.Choice("swap") == 1,
            Verify = Options.Choice("verify") == 0,
            Resume = Options.Choice("begun") == 1,
            Unlock = unlock.Keys,
        });
        return Plan(words, encrypt ? Options.Text("first") : null, unlock);
    }

    /// <returns>Empty for all; null where it cannot be understood.</returns>
    private static List<int>? Partitions(string text)
    {
        if (text.Trim() is "" or "all") return [];
        var numbers = new List<int>();
        foreach (var word in text.Split(','))
        {
            if (!int.TryParse(word.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return null;
            numbers.Add(number);
        }
        return numbers;
    }

    private static bool Encrypts(Form form) => form.Choice("encrypt") == 1;

    private Prose From(World world) => new(world.Disk(Source) is { } disk ? Words.Disk(disk) : Source ?? "", 0, "FROM  ");

    private Prose To(World world)
    {
        var place = world.Places?.FirstOrDefault(p => p.Id == PlaceId);
        var text = place is null ? "a place that has gone" : $"{place.Name}{(place.FileSystem is { } type ? $", {type}" : "")}"
            + (place.FreeBytes is { } free ? $", {Units.Size(free)} free" : "");
        return new Prose(text + (Page > 2 ? $": {Name.Text}" : ""), 0, "TO    ");
    }

    /// <summary>What every file system takes: lower-case letters, digits and dashes.</summary>
    private static string Slug(string text)
    {
        var slug = new StringBuilder();
        foreach (var c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }
        return slug.ToString().Trim('-') is { Length: > 0 } name ? name : "disk";
    }
}
