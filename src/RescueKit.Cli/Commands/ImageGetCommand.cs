using System.CommandLine;
using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal static class ImageGetCommand
{
    public static Command Build(CliHost host)
    {
        var files = new ImageFiles();
        var paths = new Argument<string[]>("PATH… DEST") { Description = "Files and folders in it, and a folder that exists to put them into", Arity = new ArgumentArity(2, 100_000) };
        var overwrite = new Option<bool>("--overwrite") { Description = "Write over files that are there already" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("get", "Copy files out of a partition of an image, with times, owners, modes, links, holes and extended attributes",
            "rescuekit image get web1.rki:2 /etc/nginx /srv/www /tmp/rescued",
            "rescuekit image get web1.rki:2 / /mnt/empty")
        {
            files.Argument, paths, overwrite,
        };
        foreach (var option in files.Options) command.Add(option);
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var (wanted, folder) = (parse.GetRequiredValue(paths)[..^1], Path.GetFullPath(parse.GetRequiredValue(paths)[^1]));
            if (!Directory.Exists(folder)) throw new UsageException($"there is no folder {folder}", "make it first; the last path is where the others are put");
            return files.With(host, parse, null, (mounted, stop) =>
            {
                var copied = FileCopy.Run(new ToolRunner(), mounted.Point, wanted, folder, parse.GetValue(overwrite), stop);
                host.Terminal.Out.WriteLine($"{string.Join(", ", copied)}: {(copied.Count == 1 ? "is" : "are")} in {folder}");
                return ExitCodes.Done;
            });
        }));
        return command;
    }
}
