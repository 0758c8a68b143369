using System.Collections.Immutable;
using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>The files of an image: folders, marks, a search by name, and a way to copy what is marked.</summary>
/// <param name="Passphrase">Of the image; null where it needs none.</param>
internal sealed record FilesScreen(OpenedFiles Files, string? Passphrase) : Screen
{
    /// <summary>They become words of a command line that is shown.</summary>
    private const int MostMarks = 200;

    /// <summary>What is shown, or asked for.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>The name that the shown part of a large folder begins behind; null at its start.</summary>
    public string? Behind { get; init; }

    /// <summary>What was searched for below the folder; null where all of the folder is shown.</summary>
    public string? Sought { get; init; }

    /// <summary>Null while it is being read.</summary>
    public FilePage? Page { get; init; }
    public Picker Picker { get; init; } = new();

    /// <summary>Paths in the image, from whatever folder.</summary>
    public ImmutableSortedSet<string> Marks { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What is being typed to be searched for; null where nothing is.</summary>
    public TextField? Typed { get; init; }
    public HostCall? Pending { get; init; }

    /// <summary>Where it leads back when the folder that is being read cannot be.</summary>
    public FilesScreen? Before { get; init; }

    /// <summary>The plan that is being made.</summary>
    public RunRequest? Request { get; init; }

    public override IReadOnlyList<string> Help =>
    [
        "The files as they were when the image was made. Nothing is unpacked, and nothing in the image can be changed.",
        "Enter opens a folder, Left goes one up; of a file that was found, Enter shows its folder. Space marks files and folders, in as many folders as you like; u takes all marks away.",
        "/ searches by name in this folder and all below it. What a link names is looked for in the image.",
        "r copies what is marked (or, without marks, what is chosen) into a folder of a place, with times, owners, modes and links. Nothing that is there is written over.",
    ];

    public override bool TakesText => Typed is not null;
    public override IReadOnlyList<Effect> Opening => [Calls.ListFiles(Files.Id, Folder, Behind)];
    public override IReadOnlyList<Effect> Closing => [Calls.CloseFiles(Files.Id)];

    private IReadOnlyList<FileEntry> Entries => Page?.Entries ?? [];

    public override Content View(World world) => new()
    {
        Title = Title(),
        Right = Marks.Count > 0 ? [new Piece($"{Marks.Count} marked", Tone.Strong)] : Line.Empty,
        Body = Rows(),
        Pinned = Request is not null
            ? [new Prose([new Piece("The plan is being made: what is to be copied is measured. Nothing is written.", Tone.Strong)])]
            : Typed is { } typed ? [new Entry($"Search below {Folder} for names with:", typed, true)]
            : Marks.Count == MostMarks ? [new Prose([new Piece($"! No more than {MostMarks} can be marked: mark the folder that they are in.", Tone.Look)])] : [],
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", "open"), new Hint("Space", "mark"), new Hint("r", "restore to…"), Picker.Hint,
            .. Page is { More: true } && Sought is null ? [new Hint("n", "more")] : Array.Empty<Hint>(),
            new Hint("Esc", Sought is null ? "back" : "end search"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case FilesListed listed when listed.Files == Files.Id:
                return Sought is null && listed.Folder == Folder && listed.Behind == Behind
                    ? Step.Stay(this with { Page = listed.Page, Folder = listed.Page.Folder, Pending = null, Before = null })
                    : Step.Stay(this);
            case FilesFound found when found.Files == Files.Id:
                return ReferenceEquals(found.Text, Sought) ? Step.Stay(this with { Page = found.Page, Pending = null, Before = null }) : Step.Stay(this);
            case Picked { Path: var folder }:
                return Plan(folder);
            case Prepared { Request: var request, Run: var run } when ReferenceEquals(request, Request):
                return Step.Open(this with { Request = null, Pending = null }, new PlanScreen(request, run));
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(Request is null && Before is { } before ? before : this with { Request = null, Pending = null });
            // Esc gives up waiting for the plan: when it comes it is let go.
            case KeyPressed { Key.Code: KeyCode.Escape } when Request is not null:
                return Step.Stay(this with { Request = null, Pending = null });
            case KeyPressed or Pasted when Request is not null:
                return Step.Stay(this);
        }
        if (Typed is not null) return Type(message, Typed);
        if (message is not KeyPressed { Key: var key }) return null;
        if (Command(key) is { } step) return step;
        return Picker.Update(message, Entries, Item) is { } picker ? Step.Stay(this with { Picker = picker }) : null;
    }

    private Step? Type(Message message, TextField typed)
    {
        switch (message)
        {
            case KeyPressed { Key.Code: KeyCode.Escape }:
                return Step.Stay(this with { Typed = null });
            case KeyPressed { Key.Code: KeyCode.Enter }:
                return typed.Text.Length == 0 ? Step.Stay(this with { Typed = null }) : Find(typed.Text);
            default:
                return typed.Update(message) is { } more ? Step.Stay(this with { Typed = more }) : null;
        }
    }

    private Step? Command(Key key)
    {
        var chosen = Picker.Chosen(Entries, Item);
        if (key.Is('/')) return Step.Stay(this with { Typed = new TextField() });
        if (key.Is('u')) return Step.Stay(this with { Marks = Marks.Clear() });
        if (key.Is('n') && Page is { More: true, Entries: [.., var last] } && Sought is null) return Go(Folder, Name(last), null);
        if (key.Is(' ') && chosen is not null) return Mark(chosen);
        if (key.Is('r') && chosen is not null) return Step.Open(this, new BrowseScreen { ForFolder = true });
        return key.Code switch
        {
            KeyCode.Escape when Sought is not null => EndSearch(),
            KeyCode.Left or KeyCode.Backspace when Sought is not null => EndSearch(),
            KeyCode.Left or KeyCode.Backspace => Folder == "/" ? Step.Stay(this) : Go(Parent(Folder), null, Folder),
            KeyCode.Enter when chosen is { Kind: "folder" or "link" } => Go(chosen.Path, null, null),
            KeyCode.Enter when chosen is not null && Sought is not null => Go(Parent(chosen.Path), null, chosen.Path),
            KeyCode.Enter => Step.Stay(this),
            _ => null,
        };
    }

    /// <summary>And goes on to the next one.</summary>
    private Step Mark(FileEntry entry)
    {
        if (!Marks.Contains(entry.Path) && Marks.Count == MostMarks) return Step.Stay(this);
        var marks = Marks.Contains(entry.Path) ? Marks.Remove(entry.Path) : Marks.Add(entry.Path);
        return Step.Stay(this with { Marks = marks, Picker = Picker.Update(new KeyPressed(new Key(KeyCode.Down)), Entries, Item) ?? Picker });
    }

    private Step Go(string folder, string? behind, string? chosen)
    {
        var call = Calls.ListFiles(Files.Id, folder, behind);
        var before = this with { Pending = null, Before = null, Typed = null };
        return Step.Stay(this with { Folder = folder, Behind = behind, Sought = null, Page = null, Picker = new Picker(chosen), Pending = call, Before = before }, call);
    }

    private Step Find(string text)
    {
        var call = Calls.FindFiles(Files.Id, Folder, text);
        var before = this with { Pending = null, Before = null, Typed = null };
        return Step.Stay(this with { Sought = text, Page = null, Typed = null, Picker = new Picker(), Pending = call, Before = before }, call);
    }

    private Step EndSearch()
    {
        var step = Go(Folder, Behind, null);
        return Page is null ? step with { Effects = [Calls.StopFinding(Files.Id), .. step.Effects] } : step;
    }

    private Step Plan(string folder)
    {
        IReadOnlyList<string> paths = Marks.Count > 0 ? [.. Marks] : Picker.Chosen(Entries, Item) is { } chosen ? [chosen.Path] : [];
        if (paths.Count == 0) return Step.Stay(this);
        var request = new RunRequest(CommandLines.Get(Files.Image, Files.Partition, paths, folder), Passphrase);
        var call = Calls.Prepare(request);
        return Step.Stay(this with { Request = request, Pending = call }, call);
    }

    private static PickItem Item(FileEntry entry) => new(entry.Path, entry.Path);

    private static string Name(FileEntry entry) => entry.Path[(entry.Path.LastIndexOf('/') + 1)..];

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var at ? path[..at] : "/";

    private string Title()
    {
        var image = $"{Path.GetFileName(Files.Image)}:{Files.Partition}";
        return Sought is not null ? $"{image} · \"{Sought}\" below {Folder}" : $"{image} · {Folder}{(Behind is null ? "" : $" behind {Behind}")}";
    }

    private IReadOnlyList<Block> Rows()
    {
        if (Page is not { } page) return [new Prose(Sought is null ? "The folder is being read…" : "It is being searched for… Esc ends the search.", 2)];
        if (page.Entries.Count == 0) return [new Prose(Sought is null ? "The folder is empty." : "Nothing was found.", 2)];
        var chosen = Picker.Chosen(page.Entries, Item);
        var listing = new Listing([.. page.Entries.Select(entry => Row(entry, entry == chosen))], [2], 1);
        if (!page.More) return [listing];
        return [listing, new Prose([new Piece(Sought is null ? "! There are more files in the folder: n shows them." : "! There are more than these: search for more of the name.", Tone.Look)], 2)];
    }

    private Row Row(FileEntry entry, bool isChosen)
    {
        Line mark = Marks.Contains(entry.Path) ? [new Piece("*", Tone.Strong)] : " ";
        var name = (Sought is null ? Name(entry) : entry.Path) + (entry.Kind == "folder" ? "/" : "");
        Line about = entry switch
        {
            { Kind: "unreadable" } => [new Piece("! cannot be read", Tone.Look)],
            { Kind: "link" } => $"→ {entry.Target}",
            { Kind: "file" or "folder" } => "",
            _ => entry.Kind,
        };
        return new Row(
            [mark, name, entry.Kind == "file" ? Units.Size(entry.Size) : "", entry.Kind == "unreadable" ? "" : Words.Date(entry.ModifiedAt), about],
            isChosen);
    }
}
