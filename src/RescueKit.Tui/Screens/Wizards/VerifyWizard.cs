using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Wizards;

/// <summary>Which image; then every block of it is read.</summary>
internal sealed record VerifyWizard : Wizard
{
    public ImageChoice Choice { get; init; } = new();

    public override string Draft => "verify";
    public override Screen Kept => ((VerifyWizard)base.Kept) with { Choice = Choice.Kept };
    public override bool TakesText => Choice.TakesText;
    public override IReadOnlyList<string> Help => ["Every block of the image is read and compared with its digest. The original disk is not needed; nothing is written."];

    public override Content View(World world) => Ask("Verify", Choice.AsksPassphrase ? "passphrase" : "which image?", 2, Choice.Blocks(world), [.. Choice.Hints]);

    protected override Step? Answer(Message message, World world) => Choice.Update(message, world, c => this with { Choice = c },
        c => (this with { Choice = c }).Plan(CommandLines.Verify(c.Image!.Path), c.Passphrase));
}
