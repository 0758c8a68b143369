using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Snapshots;

namespace RescueKit.Cli.Commands;

internal static class SnapshotListCommand
{
    public static Command Build(CliHost host)
    {
        var json = CommonOptions.Json();
        var command = new ExampleCommand("list", "List the snapshots that there are: of which volumes, how old, how full their stores are, lost or not",
            "rescuekit snapshot list", "rescuekit snapshot list --json | jq '.snapshots[] | select(.lost).id'")
        {
            json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var list = new SnapshotListDocument([.. new SnapshotBook().Read().Select(snapshot => SnapshotDocument.Of(snapshot, []))]);
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, list);
            else SnapshotText.WriteList(host.Terminal.Out, list, host.Clock.GetUtcNow());
            return ExitCodes.Done;
        }));
        return command;
    }
}
