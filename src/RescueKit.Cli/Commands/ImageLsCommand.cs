using System.CommandLine;
using RescueKit.Agent.Files;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Commands;

internal static class ImageLsCommand
{
    public static Command Build(CliHost host)
    {
        var files = new ImageFiles();
        var path = new Argument<string>("PATH") { Description = "A folder or file in it [default: /]", DefaultValueFactory = _ => "/" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("ls", "List files of a partition of an image; nothing is unpacked",
            "rescuekit image ls web1.rki:2",
            "rescuekit image ls web1.rki:2 /etc/nginx")
        {
            files.Argument, path,
        };
        foreach (var option in files.Options) command.Add(option);
        command.Add(json);
        command.SetAction(parse => host.Guard(parse, json, () => files.With(host, parse, null, (folder, stop) =>
        {
            var list = new FileListDocument(folder.Files.List(parse.GetRequiredValue(path), stop));
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, list);
            else FileText.Write(host.Terminal.Out, list);
            return ExitCodes.Done;
        })));
        return command;
    }
}
