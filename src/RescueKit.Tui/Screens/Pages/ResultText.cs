using System.Globalization;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>How a run ended, in plain words.</summary>
internal static class ResultText
{
    private const int MostRanges = 20;
    private const int Label = 12;

    public static PickItem Item(BootRemedy remedy) => new(remedy.Id, remedy.Text);

    public static Line Verdict(RunState run, BootCheck? boot) => run switch
    {
        { Receipt.Cancelled: true } => [new Piece("CANCELLED", Tone.Look)],
        { Problem: not null, Receipt: null } or { Receipt.Verdict: "failed" } => [new Piece("FAILED", Tone.Lost)],
        { Receipt.Verdict: "complete with losses" } => [new Piece("COMPLETE WITH LOSSES", Tone.Look)],
        { Receipt: not null } when boot?.Verdict == "not yet bootable" => [new Piece("COMPLETE, NOT YET BOOTABLE", Tone.Look)],
        { Receipt: not null } => [new Piece("COMPLETE ✓", Tone.Proven)],
        _ => [new Piece("ENDED", Tone.Look)],
    };

    public static IReadOnlyList<Block> Blocks(RunState run, BootCheck? boot, bool asking, IReadOnlyList<BootRemedy> choices, Picker picker)
    {
        List<Block> blocks = [new Prose(Meaning(run))];
        if (run.Problem is { } problem && run.Receipt is not { Cancelled: true })
            blocks.Add(new Box("What went wrong", Tone.Lost, [problem.Error, .. problem.Remedy is { } remedy ? [$"Next: {remedy}"] : Array.Empty<Line>()]));
        blocks.Add(new Space());
        if (run.Receipt is { } receipt) blocks.AddRange(Amounts(receipt));
        blocks.AddRange(Boot(boot, asking, choices, picker));
        blocks.Add(Field("Receipt", run.ReceiptPath ?? "was not saved", run.ReceiptPath is null ? Tone.Look : Tone.Plain));
        return blocks;
    }

    private static Line Meaning(RunState run)
    {
        var onto = run.Plan.Onto.Path;
        if (run.Receipt is not { } receipt) return "The run ended without a receipt.";
        return (run.Plan.Operation, receipt) switch
        {
            ("backup", { Cancelled: true }) => "It was cancelled. What is in the image so far stays and can be gone on with; the source is as it was.",
            ("verify", { Cancelled: true }) => "It was cancelled before every block had been looked at: nothing was found out, nothing was changed.",
            ("get", { Cancelled: true }) => $"It was cancelled. What was copied so far is in {onto}; the file that was under way is not whole.",
            (_, { Cancelled: true }) => $"It was cancelled. {onto} is overwritten in part and neither starts nor mounts; running the same again finishes it.",
            ("backup", { Verdict: "failed" }) => "The image is not finished. The source is as it was.",
            ("verify", { Verdict: "failed" }) => "The image is not proven.",
            ("get", { Verdict: "failed" }) => $"Not all of it was copied. What was is in {onto}; the image is as it was.",
            (_, { Verdict: "failed" }) => $"{onto} does not hold a whole disk. What was overwritten is lost; the source is as it was.",
            ("verify", { Verdict: "complete" }) => [new Piece("Every block of the image is what was written ✓", Tone.Proven)],
            (_, { Verdict: "complete with losses" }) => "It is done, but not all of it: what is missing is listed below. All else is as it should be.",
            ("get", _) => [new Piece($"The files are in {onto}.", Tone.Proven)],
            ("backup", _) => [new Piece("The image is complete.", Tone.Proven)],
            _ => [new Piece($"{onto} holds all of it.", Tone.Proven)],
        };
    }

    private static IEnumerable<Block> Amounts(Receipt receipt)
    {
        var took = receipt.FinishedAt - receipt.StartedAt;
        yield return Field("Took", Units.Time(took));
        if (receipt.BytesRead > 0) yield return Field(receipt.Operation == "restore" ? "Unpacked" : "Read", Units.Size(receipt.BytesRead) + Rate(receipt.BytesRead, took));
        if (receipt.BytesWritten > 0) yield return Field("Written", Units.Size(receipt.BytesWritten) + Rate(receipt.BytesWritten, took));
        if (receipt.BytesStored > 0) yield return Field("Stored", $"{Units.Size(receipt.BytesStored)} in {Words.Count(receipt.Parts, "part")}");
        if (receipt.BytesVerified > 0) yield return Field("Read back", $"{Units.Size(receipt.BytesVerified)}, all blocks looked at match ✓", Tone.Proven);
        if (receipt.BytesUnreadable > 0) yield return Field("Unreadable", $"{Units.Size(receipt.BytesUnreadable)} in {Words.Count(receipt.Unreadable.Count, "range")} !", Tone.Look);
        foreach (var range in receipt.Unreadable.Take(MostRanges))
            yield return new Prose(string.Create(CultureInfo.InvariantCulture, $"offset {range.Offset}, {range.Length} bytes{(range.Partition is { } p ? $", partition {p}" : "")}"), Label + 1);
        if (receipt.Unreadable.Count > MostRanges) yield return new Prose($"and {receipt.Unreadable.Count - MostRanges} more: the receipt has them all", Label + 1);
        foreach (var skipped in receipt.Skipped) yield return Field("SKIPPED", skipped, Tone.Look);
        foreach (var warning in receipt.Warnings) yield return Field("!", warning, Tone.Look);
    }

    private static IEnumerable<Block> Boot(BootCheck? boot, bool asking, IReadOnlyList<BootRemedy> choices, Picker picker)
    {
        if (asking) yield return Field("Firmware", "is being asked whether it would start this disk…");
        if (boot is null || boot.Verdict == "not a system disk") yield break;
        var tone = boot.Verdict switch { "bootable" => Tone.Proven, "not yet bootable" => Tone.Look, _ => Tone.Plain };
        yield return Field("Firmware", boot.Verdict switch
        {
            "bootable" => "this machine would start it ✓",
            "not yet bootable" => "this machine would not start it yet !",
            _ => "it is not known whether this machine would start it",
        }, tone);
        foreach (var reason in boot.Reasons) yield return new Prose(reason, Label + 1);
        if (choices.Count == 0) yield break;
        var chosen = picker.Chosen(choices, Item);
        yield return new Listing([.. choices.Select(c => new Row([c.Text, c.Effect], c == chosen))], null, 1);
    }

    private static Prose Field(string name, string value, Tone tone = Tone.Plain) => new([new Piece(value, tone)], 0, name.PadRight(Label) + " ");

    private static string Rate(long bytes, TimeSpan took) => took > TimeSpan.Zero ? $"  ({Units.Rate(bytes / took.TotalSeconds)})" : "";
}
