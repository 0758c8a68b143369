using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>A plan in full. The victim is named here and again where its id is asked for.</summary>
internal static class PlanText
{
    public static IReadOnlyList<Block> Blocks(World world, RunPlan plan)
    {
        var intoFolder = plan.Operation is "backup" or "get";
        var blocks = new List<Block> { Disk(world, "FROM", plan.From, Tone.Plain) };
        if (plan.Operation != "verify")
        {
            blocks.Add(intoFolder
                ? new Prose(plan.Onto.Path, 0, "TO    ")
                : Disk(world, "ONTO", plan.Onto, plan.ConfirmId is null ? Tone.Plain : Tone.Lost));
        }
        if (plan.ConfirmId is not null) blocks.AddRange(Lost(plan));
        blocks.Add(new Space());
        blocks.Add(Items(plan));
        foreach (var item in plan.Items.Where(i => i.AlternativeBytes is not null)) blocks.Add(Alternative(item));
        foreach (var item in plan.Items.Where(i => i.SizeChange is not null)) blocks.Add(new Prose([new Piece($"{item.Number} {item.SizeChange}")], 2));
        blocks.Add(new Space());
        blocks.Add(intoFolder ? Fit(plan) : new Prose($"To read {Units.Size(plan.BytesToRead)}{(plan.Operation == "restore" ? " as stored" : "")}, to write {Units.Size(plan.BytesToWrite)}"));
        foreach (var warning in plan.Warnings) blocks.Add(new Prose([new Piece("! " + warning, Tone.Look)]));
        return blocks;
    }

    private static Prose Disk(World world, string word, PlanDisk disk, Tone tone)
    {
        var about = world.Disk(disk.Path) is { } known
            ? $"{Words.Disk(known)}, {Words.Port(known)}"
            : $"{disk.Path}: {(disk.Model is { Length: > 0 } model ? $"{model}, " : "")}{disk.Description}, {Units.Size(disk.Length)}{(disk.Serial is { Length: > 0 } serial ? $", serial {serial}" : "")}";
        return new Prose([new Piece(about, tone)], 0, word.PadRight(6));
    }

    private static IEnumerable<Block> Lost(RunPlan plan)
    {
        yield return new Prose([new Piece($"LOST: what is on {plan.Onto.Path} now{(plan.Lost.Count == 0 ? ", though nothing on it is recognised" : ":")}", Tone.Lost)], 6);
        foreach (var lost in plan.Lost) yield return new Prose([new Piece("- " + lost, Tone.Lost)], 8);
    }

    private static Listing Items(RunPlan plan) => new(
        [.. plan.Items.Select(i => new Row(
        [
            i.Number is { } n ? n == 0 ? "all" : $"{n}" : "", i.Label is { Length: > 0 } label ? $"{i.FileSystem} \"{label}\"" : i.FileSystem,
            plan.Operation is "backup" or "verify" or "get" || i.Number is null ? "" : i.TargetNumber is { } m ? $"→ {m}" : "→ none",
            Units.Size(i.Length), $"{Units.Size(i.Bytes)} to copy", i.Reason is null ? i.How : $"{i.How}: {i.Reason}",
        ], Marked: false))], [0, 3, 4], 5, 2);

    private static Prose Alternative(PlanItem item) => new(
    [
        new Piece("! ", Tone.Look),
        new Piece($"{item.Number} was not cleanly unmounted: {Units.Size(item.Bytes)} as planned, {Units.Size(item.AlternativeBytes!.Value)} as "
            + $"{(item.AlternativeBytes < item.Bytes ? "used blocks only, whose map cannot be proven" : "a whole")}", Tone.Look),
    ], 2);

    /// <summary>Before compression; how far that goes is not known before it is done.</summary>
    private static Prose Fit(RunPlan plan)
    {
        var sizes = $"At most {Units.Size(plan.BytesToWrite)}{(plan.Operation == "backup" ? " before compression" : "")}, {Units.Size(plan.Onto.Length)} free there: ";
        return plan.BytesToWrite <= plan.Onto.Length
            ? new Prose([new Piece(sizes), new Piece("it fits ✓", Tone.Proven)])
            : new Prose([new Piece(sizes), new Piece("it may not fit !", Tone.Look)]);
    }
}
