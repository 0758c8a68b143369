using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;

namespace RescueKit.Cli.Commands;

internal static class DiskShowCommand
{
    public static Command Build(CliHost host)
    {
        var disk = new Argument<string>("DISK") { Description = "A block device or a raw image file" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("show", "Show one disk or raw image file in full",
            "rescuekit disk show /dev/sda",
            "rescuekit disk show disk.raw --json")
        {
            disk, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var document = DiskInspector.Show(parse.GetRequiredValue(disk));
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, document);
            else DiskText.WriteFull(host.Terminal.Out, document);
            return document.Error is null ? ExitCodes.Done : ExitCodes.Failed;
        }));
        return command;
    }
}
