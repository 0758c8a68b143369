using System.Globalization;
using RescueKit.Agent.Hosting;

namespace RescueKit.Agent.Jobs;

/// <summary>`io_priority` ("idle", "best-effort:0" to "best-effort:7") and `nice` (0 to 19) of a job.</summary>
internal static class ConfigPriority
{
    private const string BestEffort = "best-effort:";

    public static RunPriority? Read(ConfigObject job)
    {
        var nice = job.Number("nice", 0, 19);
        var text = job.Text("io_priority");
        var io = text is null ? null : job.Try("io_priority", () => Parse(text));
        return nice is null && io is null ? null : new RunPriority(io, nice);
    }

    /// <exception cref="FormatException">It is neither.</exception>
    private static IoPriority Parse(string text)
    {
        if (text == "idle") return new IoPriority(IsIdle: true);
        if (text.StartsWith(BestEffort, StringComparison.Ordinal)
            && int.TryParse(text[BestEffort.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level <= IoPriority.LowestLevel)
            return new IoPriority(IsIdle: false, level);
        throw new FormatException($"'{text}' is none of 'idle', 'best-effort:0' (first) to 'best-effort:{IoPriority.LowestLevel}' (last)");
    }
}
