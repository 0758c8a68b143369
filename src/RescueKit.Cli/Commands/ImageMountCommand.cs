using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal static class ImageMountCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public static Command Build(CliHost host)
    {
        var files = new ImageFiles();
        var folder = new Argument<string>("DIR") { Description = "Where to: a folder that exists" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("mount", "Mount a partition of an image, read-only, until Ctrl-C or umount; nothing is unpacked",
            "rescuekit image mount web1.rki /mnt",
            "rescuekit image mount web1.rki:2 /mnt")
        {
            files.Argument, folder,
        };
        foreach (var option in files.Options) command.Add(option);
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var point = parse.GetRequiredValue(folder);
            if (!Directory.Exists(point)) throw new UsageException($"there is no folder {point}", "make it first");
            return files.With(host, parse, point, (mounted, stop) =>
            {
                host.Terminal.Out.WriteLine($"The files are at {mounted.Root}, read-only. Ctrl-C, or umount {mounted.Root}, ends it.");
                host.Terminal.Out.Flush();
                while (mounted.IsThere && !stop.WaitHandle.WaitOne(s_look)) { }
                return ExitCodes.Done;
            });
        }));
        return command;
    }
}
