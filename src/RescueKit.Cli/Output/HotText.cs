using RescueKit.Engine;
using RescueKit.Images.Format;

namespace RescueKit.Cli.Output;

/// <summary>How a running disk was frozen: in a receipt, and in what an image tells.</summary>
internal static class HotText
{
    public static void Write(TextWriter to, HotRecord hot)
    {
        to.WriteLine($"  taken       hot, {hot.Consistency}-consistent{(hot.FreezeSeconds is { } frozen ? FormattableString.Invariant($"; file systems were frozen for {frozen:0.00} s") : "")}");
        if (hot.Volumes.Any(volume => volume.Consistency != hot.Consistency))
        {
            foreach (var volume in hot.Volumes) to.WriteLine($"  partition   {volume.Partition}: {volume.Consistency}-consistent");
        }
        if (hot.Quiet is { } quiet) to.WriteLine($"  quiet       {Quiet(quiet.Waited, quiet.Reached)}");
        foreach (var writer in hot.Writers) to.WriteLine($"  writer      {Writer(writer.Name, writer.Type, writer.State, writer.Message, writer.Seconds, writer.Marker)}");
    }

    public static string Writer(TakingWriter writer) => Writer(writer.Name, writer.Type, writer.State, writer.Message, writer.Seconds, writer.Marker);

    public static string Quiet(double waited, bool isReached) => isReached
        ? FormattableString.Invariant($"nothing was written just before; waited {waited:0.0} s for that")
        : FormattableString.Invariant($"there was no moment without writes in {waited:0.0} s");

    /// <summary>Null where it was frozen; else what a person should know before relying on the image.</summary>
    public static string? Unfrozen(TakingDatabase database) =>
        database.Writer is null ? $"{database.Program} ran with files in {database.Folder} and was not frozen: they are as after a power cut" : null;

    private static string Writer(string name, string type, string state, string? message, double seconds, string? marker) => state switch
    {
        "frozen" => FormattableString.Invariant($"{name} ({type}): frozen for {seconds:0.00} s{(marker is null ? "" : $", at {marker}")}"),
        "skipped" => $"{name} ({type}): skipped: it {message}",
        _ => $"{name} ({type}): FAILED: it {message}",
    };
}
