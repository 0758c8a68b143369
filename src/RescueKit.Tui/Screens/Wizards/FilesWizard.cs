using RescueKit.Agent.Files;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Which image, and which of its partitions; then its files are looked at.</summary>
internal sealed record FilesWizard : Wizard
{
    private const int Steps = 2;

    public ImageChoice Choice { get; init; } = new();
    public Picker Partitions { get; init; } = new();

    public override string Draft => "files";
    public override Screen Kept => ((FilesWizard)base.Kept) with { Choice = Choice.Kept };
    public override bool TakesText => Page == 0 ? Choice.TakesText : Partitions.Searching;

    public override IReadOnlyList<string> Help => Page switch
    {
        0 => ["Choose the image that the files are in. Those on attached places are listed, newest first; b looks into folders. Nothing is unpacked, and the image is not changed."],
        _ => ["Choose the partition that the files are in. Those whose file system this system cannot mount are shown faintly."],
    };

    public override Content View(World world) => Page switch
    {
        0 => Ask("Get files", Choice.AsksPassphrase ? "passphrase" : "out of which image?", Steps, Choice.Blocks(world), [.. Choice.Hints]),
        _ => Ask("Get files", "out of which partition?", Steps, Rows(), new Hint("↑↓", "choose"), Picker.Hint),
    };

    protected override Step? Answer(Message message, World world)
    {
        if (message is FilesOpened { Files: var files })
        {
            return Pending is not null && files.Image == Choice.Image?.Path
                ? Step.Open(this with { Pending = null }, new FilesScreen(files, Choice.Passphrase))
                : null;
        }
        return Page == 0 ? Choice.Update(message, world, c => this with { Choice = c, Complaint = null }, c => (this with { Choice = c }).Chosen()) : ChoosePartition(message);
    }

    /// <summary>A partition is asked for only where there are several.</summary>
    private Step Chosen() => Volumes().Where(HasFiles).ToList() switch
    {
        [] => Complain("No partition of it has files that can be had here."),
        [var only] => Open(only),
        _ => Step.Stay(this with { Page = 1, Complaint = null }),
    };

    private Step? ChoosePartition(Message message)
    {
        var volumes = Volumes();
        if (Partitions.Update(message, volumes, Item) is { } list) return Step.Stay(this with { Partitions = list, Complaint = null });
        if (message is not KeyPressed { Key.Code: KeyCode.Enter } || Pending is not null || Partitions.Chosen(volumes, Item) is not { } chosen) return null;
        return HasFiles(chosen) ? Open(chosen) : Complain($"Files of partition {chosen.Number} ({chosen.FileSystem}) cannot be had here.");
    }

    private Step Open(ImageVolumeDocument volume)
    {
        var call = Calls.OpenFiles(Choice.Image!.Path, volume.Number, Choice.Passphrase);
        return Step.Stay(this with { Pending = call, Complaint = null }, call);
    }

    private IReadOnlyList<ImageVolumeDocument> Volumes() => [.. (Choice.Image?.Partitions ?? []).Where(volume => volume.Included)];

    private static bool HasFiles(ImageVolumeDocument volume) => MountedImage.HasFiles(volume.FileSystem);

    private static PickItem Item(ImageVolumeDocument volume) => new($"{volume.Number}", $"{volume.Number} {Name(volume)} {volume.FileSystem}");

    private static string Name(ImageVolumeDocument volume) => volume.Label ?? volume.Name ?? volume.TypeName ?? "";

    private IReadOnlyList<Block> Rows()
    {
        var volumes = Volumes();
        var chosen = Partitions.Chosen(volumes, Item);
        var rows = Partitions.Visible(volumes, Item).Select(volume => new Row(
            [$"{volume.Number}", Name(volume), Units.Size(volume.Length), volume.FileSystem, $"{Units.Size(volume.UsedBytes)} used"], volume == chosen, HasFiles(volume))).ToList();
        return [.. Partitions.SearchLine, rows.Count == 0 ? new Prose("Nothing matches the search.", 2) : new Listing(rows, [0, 2, 4], 1)];
    }
}
