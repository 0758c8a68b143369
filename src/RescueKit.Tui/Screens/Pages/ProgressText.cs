using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Tui.Screens.Commands;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>Where a run stands: as a whole and for each partition.</summary>
internal static class ProgressText
{
    private const int SmallBar = 14;

    public static IReadOnlyList<Block> Blocks(RunState run)
    {
        if (run.Progress is not { } p) return [new Prose("It is being started…", 1)];
        List<Block> blocks =
        [
            new Gauge(p.TotalBytes > 0 ? (double)p.DoneBytes / p.TotalBytes : 0, Amount(p), 44),
            new Prose($"{Units.Rate(p.Rate)}   elapsed {Units.Time(p.Elapsed)}{(p.Remaining is { } left ? $"   about {Units.Time(left)} left" : "")}"),
            new Space(),
            new Prose(p.Phase + (p.Partition is { } n ? $", partition {n}" : ""), 0, "Now: "),
            new Space(),
            Partitions(run.Plan, p),
            new Space(),
            p.UnreadableBytes > 0
                ? new Prose([new Piece($"Unreadable so far: {Units.Size(p.UnreadableBytes)} !", Tone.Look)])
                : new Prose("Unreadable so far: 0"),
            new Space(),
            new Prose(CommandLines.Show(run.Command, run.Plan.ConfirmId), 0, "Command: "),
        ];
        return blocks;
    }

    private static string Bar(long done, long total)
    {
        var full = (int)(SmallBar * Math.Clamp((double)done / total, 0, 1));
        return new string('█', full) + new string('░', SmallBar - full);
    }

    private static Line Amount(RunProgress p) => p.TotalBytes > 0
        ? $"{Units.Percent(p.DoneBytes, p.TotalBytes),4} %   {Units.DoneOf(p.DoneBytes, p.TotalBytes)}"
        : $"  {Units.Size(p.DoneBytes)}";

    /// <summary>
    /// The host tells the partition that is worked on and the sum; those before it are done, and it has what they leave of the sum. Areas
    /// that are gone over again (bad areas, boot sectors) belong to no one partition: then only the sum is told.
    /// </summary>
    private static Listing Partitions(RunPlan plan, RunProgress p)
    {
        var rows = new List<Row>();
        var copied = plan.Items.Where(i => i.Number is not null && i.Bytes > 0).ToList();
        var at = copied.FindIndex(i => i.Number == p.Partition);
        var before = 0L;
        for (var i = 0; i < copied.Count; i++)
        {
            var item = copied[i];
            var here = Math.Clamp(p.DoneBytes - before, 0, item.Bytes);
            var state = at < 0 ? "" : i < at ? "done" : i > at ? "waiting" : $"{Bar(here, item.Bytes)}  {Units.DoneOf(here, item.Bytes)}";
            rows.Add(new Row([$"{item.Number}", item.Label is { Length: > 0 } label ? $"{item.FileSystem} \"{label}\"" : item.FileSystem, Units.Size(item.Bytes), state], i == at));
            before += item.Bytes;
        }
        if (plan.Operation is "restore" or "clone") rows.Add(new Row(["", "boot sectors and tables", "", "last"]));
        return new Listing(rows, [0, 2], 1, 0);
    }
}
