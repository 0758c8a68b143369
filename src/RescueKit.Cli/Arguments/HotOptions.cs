using System.CommandLine;
using RescueKit.Model;
using RescueKit.Snapshots;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Cli.Arguments;

/// <summary>What commands that freeze a running system take.</summary>
internal static class HotOptions
{
    public static Option<bool> Hot() => new("--hot") { Description = "The disk is in use: freeze it for a moment and take it as it was then, while the system goes on" };

    public static Option<string?> Store() => new("--store")
    {
        HelpName = "PLACE",
        Description = "With --hot: where what is overwritten meanwhile is kept: 'memory', or a folder on a disk that is not imaged [default: memory]",
    };

    /// <summary>Null for a cold run.</summary>
    /// <param name="notes">Gets a sentence for each thing that was removed.</param>
    public static ISnapshotProvider? Provider(ParseResult parse, Option<bool> hot, Option<string?> store, List<string>? notes = null)
    {
        if (parse.GetValue(hot)) return Provider(parse.GetValue(store), notes);
        return parse.GetValue(store) is null ? null : throw new UsageException("--store goes with --hot only", "add --hot");
    }

    /// <summary>One whose stale snapshots, of processes that were killed, are removed.</summary>
    public static ISnapshotProvider Provider(string? store, List<string>? notes = null)
    {
        var provider = new DeviceMapperProvider(new SnapshotOptions(ThisProgram()) { Store = store });
        var removed = provider.RemoveStale();
        notes?.AddRange(removed);
        return provider;
    }

    private static HelperProgram ThisProgram()
    {
        var program = Environment.ProcessPath!;
        // Started by 'dotnet rescuekit.dll', as a developer does.
        return Path.GetFileNameWithoutExtension(program) == "dotnet" && Environment.GetCommandLineArgs() is [var library, ..]
            ? new HelperProgram(program, library, "snapshot", "helper")
            : new HelperProgram(program, "snapshot", "helper");
    }
}
