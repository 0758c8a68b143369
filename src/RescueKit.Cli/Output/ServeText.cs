using RescueKit.Cli.Json;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>What is served, for people.</summary>
internal static class ServeText
{
    public static void Write(TextWriter to, ServeDocument served)
    {
        to.WriteLine($"Serving {served.Image}{(served.Partition is { } number ? $", partition {number}" : "")}: a disk of {Units.Size(served.Length)}, {Kind(served)}");
        to.WriteLine($"  {served.Uri}");
        foreach (var warning in served.Warnings) to.WriteLine($"  warning: {warning}");
        to.WriteLine("Ctrl-C ends it.");
    }

    private static string Kind(ServeDocument served) => served.Overlay is { } file ? $"what is written goes into {file}" : "read-only";
}
