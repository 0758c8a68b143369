using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Choosing an image, and its passphrase where it is encrypted: the first pages of a restore and of a verify.</summary>
internal sealed record ImageChoice
{
    public Picker List { get; init; } = new();

    /// <summary>The chosen image, opened as far as can be.</summary>
    public ImageDocument? Image { get; init; }
    public string? Passphrase { get; init; }
    public bool AsksPassphrase { get; init; }
    public TextField Secret { get; init; } = new("", Masked: true);
    public HostCall? Pending { get; init; }

    public bool TakesText => AsksPassphrase || List.Searching;

    /// <summary>Without secrets, and without what they opened.</summary>
    public ImageChoice Kept => this with
    {
        Passphrase = null,
        Secret = new TextField("", true),
        AsksPassphrase = false,
        Pending = null,
        Image = Image is { Encrypted: true } ? null : Image,
    };

    public IReadOnlyList<Block> Blocks(World world)
    {
        if (!AsksPassphrase) return ImageRows.Blocks(world, List);
        return
        [
            new Prose($"{Image?.Path} is encrypted.", 1), new Space(),
            new Entry("Passphrase:", Secret, Pending is null), new Space(),
            new Prose([new Piece($"Keyboard layout: {world.Machine?.Keyboard ?? "unknown"}. A wrong layout types another passphrase; it can be changed from Home with k.", Tone.Faint)], 1),
        ];
    }

    public IReadOnlyList<Hint> Hints => AsksPassphrase ? [] : [new Hint("↑↓", "choose"), Picker.Hint, new Hint("b", "browse"), new Hint("g", "look again")];

    /// <param name="self">Makes the wizard's new state of this one's.</param>
    /// <param name="done">What follows when an image is open.</param>
    /// <returns>Null where the message is for somebody else.</returns>
    public Step? Update(Message message, World world, Func<ImageChoice, Screen> self, Func<ImageChoice, Step> done)
    {
        switch (message)
        {
            case ImageOpened opened when Pending is not null:
                var choice = this with { Image = opened.Image, Passphrase = opened.Passphrase, Pending = null };
                return opened.Image is { Encrypted: true, Opened: false }
                    ? Step.Stay(self(choice with { AsksPassphrase = true, Secret = new TextField("", true) }))
                    : done(choice with { AsksPassphrase = false });
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(self(this with { Pending = null, Secret = new TextField("", true) }));
            case Picked { Path: var path }:
                return Open(path, null, self);
            case KeyPressed { Key.Code: KeyCode.Escape } when AsksPassphrase:
                return Step.Stay(self(this with { AsksPassphrase = false, Pending = null, Secret = new TextField("", true) }));
            case KeyPressed { Key.Code: KeyCode.Enter } when AsksPassphrase && Pending is null && Image is not null:
                return Secret.Text.Length == 0 ? Step.Stay(self(this)) : Open(Image.Path, Secret.Text, self);
        }
        if (AsksPassphrase) return Secret.Update(message) is { } secret ? Step.Stay(self(this with { Secret = secret })) : null;
        var images = world.Images ?? [];
        if (List.Update(message, images, ImageRows.Item) is { } list) return Step.Stay(self(this with { List = list }));
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('b')) return Step.Open(self(this), new BrowseScreen());
        if (key.Is('g')) return Step.Stay(self(this), Calls.Places(), Calls.Images());
        return key.Code == KeyCode.Enter && Pending is null && List.Chosen(images, ImageRows.Item) is { } chosen ? Open(chosen.Path, null, self) : null;
    }

    private Step Open(string path, string? passphrase, Func<ImageChoice, Screen> self)
    {
        var call = Calls.OpenImage(path, passphrase);
        return Step.Stay(self(this with { Pending = call }), call);
    }
}
