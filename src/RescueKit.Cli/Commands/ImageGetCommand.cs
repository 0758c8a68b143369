using System.CommandLine;
using RescueKit.Agent.Files;
using RescueKit.Agent.Hosting;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;

namespace RescueKit.Cli.Commands;

internal static class ImageGetCommand
{
    public static Command Build(CliHost host)
    {
        var files = new ImageFiles();
        var paths = new Argument<string[]>("PATH… DEST") { Description = "Files and folders in it, and a folder that exists to put them into", Arity = new ArgumentArity(2, 100_000) };
        var overwrite = new Option<bool>("--overwrite") { Description = "Write over files that are there already" };
        var dryRun = CommonOptions.DryRun();
        var receipt = CommonOptions.Receipt();
        var quiet = CommonOptions.Quiet();
        var json = CommonOptions.Json();
        var command = new ExampleCommand("get", "Copy files out of a partition of an image, with times, owners, modes, links, holes and extended attributes",
            "rescuekit image get web1.rki:2 /etc/nginx /srv/www /tmp/rescued",
            "rescuekit image get web1.rki:2 / /mnt/empty")
        {
            files.Argument, paths, overwrite, dryRun, receipt, quiet, json,
        };
        foreach (var option in files.Options) command.Add(option);
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var (image, partition) = files.Of(parse);
            var words = parse.GetRequiredValue(paths);
            var request = new FileRequest(image, partition, words[..^1], Path.GetFullPath(words[^1]), parse.GetValue(overwrite))
            {
                Passphrase = files.Passphrase(host, parse).Get,
                Mounting = host.BeginUndoing,
            };
            var options = new RunOptions
            {
                Uses = [new RunUse(image, Shared: true)],
                Json = parse.GetValue(json),
                Quiet = parse.GetValue(quiet),
                DryRun = parse.GetValue(dryRun),
                ReceiptFile = parse.GetValue(receipt),
                Help = CliHost.HelpFor(parse),
            };
            return host.Execute(options, () => FileRun.Prepare(request));
        }));
        return command;
    }
}
