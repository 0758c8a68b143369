using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>Looks for an image in the folders of a place, or for a folder to put files into; tells the screen below what was picked.</summary>
internal sealed record BrowseScreen : Screen
{
    /// <summary>A folder that can be written to is wanted, and no image.</summary>
    public bool ForFolder { get; init; }

    /// <summary>Null: a place is still to be chosen.</summary>
    public Place? Place { get; init; }

    /// <summary>Relative to the place; "" at its top.</summary>
    public string Folder { get; init; } = "";
    public IReadOnlyList<PlaceEntry>? Entries { get; init; }
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help => ForFolder
        ? ["Choose where the files are put: Enter opens a place or a folder, Left goes a folder up, r takes the one that is shown. Nothing that is there already is written over."]
        : ["Enter opens a folder or takes an image; Left goes a folder up. Files that are no images are shown faintly."];
    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => Place is { } place ? [Calls.Browse(place.Id, Folder)] : [Calls.Places()];

    public override Content View(World world) => new()
    {
        Title = $"{(ForFolder ? "Restore to" : "Browse")} · {(Place is { } place ? $"{place.Name}/{Folder}" : "which place?")}",
        Body = Place is null ? PlaceRows.Blocks(world, Picker, Refusal) : Files(),
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", "open"), .. ForFolder && Place is not null ? [new Hint("r", "restore to this folder")] : Array.Empty<Hint>(),
            new Hint("←", "folder up"), Picker.Hint, new Hint("Esc", "back"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        if (message is Browsed { PlaceId: var id, Folder: var folder, Entries: var entries })
            return id == Place?.Id && folder == Folder ? Step.Stay(this with { Entries = entries }) : null;
        return Place is null ? ChoosePlace(message, world) : ChooseFile(message);
    }

    private Step? ChoosePlace(Message message, World world)
    {
        var places = world.Places ?? [];
        if (Picker.Update(message, places, PlaceRows.Item) is { } picker) return Step.Stay(this with { Picker = picker });
        return message is KeyPressed { Key.Code: KeyCode.Enter } && Picker.Chosen(places, PlaceRows.Item) is { } place && Refusal(place) is null ? Go(place, "") : null;
    }

    private string? Refusal(Place place) => place.Error ?? (ForFolder && place.ReadOnly ? "read-only" : null);

    private Step? ChooseFile(Message message)
    {
        var entries = Entries ?? [];
        if (Picker.Update(message, entries, Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key }) return null;
        if (ForFolder && key.Is('r') && Entries is not null) return new Step(null, Tell: new Picked(Path.Combine(Place!.Path, Folder)));
        if (key.Code is KeyCode.Left or KeyCode.Backspace)
            return Folder.Length == 0 ? Step.Stay(new BrowseScreen { ForFolder = ForFolder }, Calls.Places()) : Go(Place!, Path.GetDirectoryName(Folder) ?? "");
        if (key.Code != KeyCode.Enter || Picker.Chosen(entries, Item) is not { } entry) return null;
        var path = Folder.Length == 0 ? entry.Name : $"{Folder}/{entry.Name}";
        if (entry.IsFolder) return Go(Place!, path);
        return entry.IsImage && !ForFolder ? new Step(null, Tell: new Picked(Path.Combine(Place!.Path, path))) : Step.Stay(this);
    }

    private Step Go(Place place, string folder) =>
        Step.Stay(this with { Place = place, Folder = folder, Entries = null, Picker = new Picker() }, Calls.Browse(place.Id, folder));

    private static PickItem Item(PlaceEntry entry) => new(entry.Name, entry.Name);

    private IReadOnlyList<Block> Files()
    {
        if (Entries is not { } entries) return [new Prose("The folder is being read…", 2)];
        if (entries.Count == 0) return [new Prose("The folder is empty.", 2)];
        var chosen = Picker.Chosen(entries, Item);
        var rows = Picker.Visible(entries, Item).Select(e => new Row(
            [e.IsFolder ? e.Name + "/" : e.Name, e.IsFolder ? "" : Units.Size(e.Length), Words.Date(e.ModifiedAt), e.IsImage ? "image" : ""],
            e == chosen, e.IsFolder || (e.IsImage && !ForFolder))).ToList();
        return [.. Picker.SearchLine, rows.Count == 0 ? new Prose("Nothing matches the search.", 2) : new Listing(rows, [1], 0)];
    }
}
