using System.CommandLine;
using RescueKit.Model;

namespace RescueKit.Cli.Arguments;

/// <summary>What commands that freeze a running system take.</summary>
internal static class HotOptions
{
    private const string Places = "'memory', a folder on a disk that is not taken, or a blank block device [default: memory]";

    public static Option<bool> Hot() => new("--hot") { Description = "The disk is in use: freeze it for a moment and take it as it was then, while the system goes on" };

    public static Option<string?> Store(bool withHot = true) => new("--store")
    {
        HelpName = "PLACE",
        Description = $"{(withHot ? "With --hot: where" : "Where")} what is overwritten meanwhile is kept: {Places}",
    };

    /// <summary>Null for a cold run.</summary>
    /// <param name="source">What is taken.</param>
    /// <param name="notes">Gets a sentence for each thing that was removed.</param>
    public static ISnapshotProvider? Provider(ParseResult parse, Option<bool> hot, Option<string?> store, string source, List<string> notes)
    {
        if (parse.GetValue(hot)) return SnapshotProviders.For([source], parse.GetValue(store), notes);
        return parse.GetValue(store) is null ? null : throw new UsageException("--store goes with --hot only", "add --hot");
    }
}
