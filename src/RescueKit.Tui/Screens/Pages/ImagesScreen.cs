using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Screens.Wizards;

namespace RescueKit.Tui.Screens.Pages;

internal sealed record ImagesScreen : Screen
{
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help => ["All images at the top of the attached places and in folders just below, newest first. Others are found by browsing, in Restore and Verify."];
    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Places(), Calls.Images()];

    public override Content View(World world) => new()
    {
        Title = "Images",
        Right = world.Images is { } images ? $"{images.Count} found" : Line.Empty,
        Body = ImageRows.Blocks(world, Picker),
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", "details"), new Hint("r", "restore"), new Hint("v", "verify"), new Hint("f", "files"), Picker.Hint, new Hint("g", "look again"),
            new Hint("Esc", "back"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        var images = world.Images ?? [];
        if (Picker.Update(message, images, ImageRows.Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Places(), Calls.Images());
        if (Picker.Chosen(images, ImageRows.Item) is not { } found) return null;
        var preset = new ImageChoice { List = new Picker(found.Path) };
        if (key.Is('r')) return Step.Open(this, new RestoreWizard { Choice = preset, Preset = true });
        if (key.Is('v')) return Step.Open(this, new VerifyWizard { Choice = preset, Preset = true });
        if (key.Is('f')) return Step.Open(this, new FilesWizard { Choice = preset, Preset = true });
        return key.Code == KeyCode.Enter ? Step.Open(this, new ImageScreen(found)) : null;
    }
}

/// <summary>One image in full.</summary>
internal sealed record ImageScreen(FoundImage Found, int Scroll = 0) : ScrollScreen(Scroll)
{
    public override IReadOnlyList<string> Help => ["All that the image tells of itself; of an encrypted one the rest is told when its passphrase is given, in Restore and Verify."];

    public override Content View(World world) => Page(Words.ImageName(Found), Found.Image is { } image
        ? ImageRows.Details(image)
        : [new Box("It could not be opened", Tone.Look, [Found.Path, Found.Problem ?? "no reason is known"])]);
}
