using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;

namespace RescueKit.Cli.Commands;

internal static class DiskListCommand
{
    public static Command Build(CliHost host)
    {
        var json = CommonOptions.Json();
        var command = new ExampleCommand("list", "List disks, their partitions, file systems, used bytes and mounts",
            "rescuekit disk list",
            "rescuekit disk list --json | jq '.disks[].path'")
        {
            json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var disks = DiskInspector.List();
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, new DiskListDocument(disks));
            else DiskText.WriteList(host.Terminal.Out, disks);
            return ExitCodes.Done;
        }));
        return command;
    }
}
