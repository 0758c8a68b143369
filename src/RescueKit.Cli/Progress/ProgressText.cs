using RescueKit.Cli.Output;
using RescueKit.Engine;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Progress;

/// <summary>How a run's standing reads: as a line of a log, or as a bar that fits a terminal.</summary>
internal static class ProgressText
{
    private const int SmallestBar = 10;
    private const int LargestBar = 50;

    /// <summary>"reading: 61 %, 184.2 of 301.8 GiB, 412 MiB/s, elapsed 7 m 41 s, about 4 m 50 s left".</summary>
    public static string Line(in RunProgress progress)
    {
        List<string> fields = [.. Amounts(progress), Units.Rate(progress.Rate), $"elapsed {Units.Time(progress.Elapsed)}"];
        if (progress.Remaining is { } left) fields.Add($"about {Units.Time(left)} left");
        if (progress.UnreadableBytes > 0) fields.Add($"{Units.Size(progress.UnreadableBytes)} unreadable");
        return $"{progress.Phase}: {string.Join(", ", fields)}";
    }

    /// <summary>The same with a bar, never longer than <paramref name="columns"/>; what matters least is left out first.</summary>
    public static string Bar(in RunProgress progress, int columns, bool unicode)
    {
        List<string> fields = [progress.Phase, .. Amounts(progress)];
        if (progress.UnreadableBytes > 0) fields.Add($"{Units.Size(progress.UnreadableBytes)} unreadable!");
        List<string> optional = [Units.Rate(progress.Rate)];
        if (progress.Remaining is { } left) optional.Add($"{Units.Time(left)} left");
        optional.Add($"elapsed {Units.Time(progress.Elapsed)}");

        var length = fields.Sum(f => f.Length + 2) - 2;
        foreach (var field in optional.TakeWhile(field => length + field.Length + 2 <= columns))
        {
            fields.Add(field);
            length += field.Length + 2;
        }
        var room = Math.Min(columns - length - 2, LargestBar);
        if (room >= SmallestBar && progress.TotalBytes > 0) fields.Insert(1, Blocks(progress, room, unicode));
        var text = string.Join("  ", fields);
        return text.Length <= columns ? text : text[..Math.Max(0, columns)];
    }

    private static IEnumerable<string> Amounts(RunProgress progress) => progress.TotalBytes > 0
        ? [$"{Units.Percent(progress.DoneBytes, progress.TotalBytes),2} %", Units.DoneOf(progress.DoneBytes, progress.TotalBytes)]
        : [Units.Size(progress.DoneBytes)];

    private static string Blocks(in RunProgress progress, int room, bool unicode)
    {
        var full = (int)Int128.Clamp((Int128)progress.DoneBytes * room / progress.TotalBytes, 0, room);
        return unicode
            ? new string('█', full) + new string('░', room - full)
            : $"[{new string('#', Math.Min(full, room - 2))}{new string('.', room - 2 - Math.Min(full, room - 2))}]";
    }
}
