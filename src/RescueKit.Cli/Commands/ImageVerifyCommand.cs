using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;

namespace RescueKit.Cli.Commands;

internal static class ImageVerifyCommand
{
    public static Command Build(CliHost host)
    {
        var image = new Argument<string>("IMAGE") { Description = "An image (its first part)" };
        var file = CommonOptions.PassphraseFile();
        var descriptor = CommonOptions.PassphraseDescriptor();
        var receipt = CommonOptions.Receipt();
        var quiet = CommonOptions.Quiet();
        var json = CommonOptions.Json();
        var command = new ExampleCommand("verify", "Read every chunk of an image and compare it with its digest; the original disk is not needed",
            "rescuekit image verify backup.rki",
            "rescuekit image verify secret.rki --passphrase-fd 3 3<key.txt")
        {
            image, file, descriptor, receipt, quiet, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var passphrase = CommonOptions.Passphrase(parse, host.Terminal, file, descriptor);
            var options = new RunOptions
            {
                Uses = [new RunUse(parse.GetRequiredValue(image), Shared: true)],
                Json = parse.GetValue(json),
                Quiet = parse.GetValue(quiet),
                ReceiptFile = parse.GetValue(receipt),
                Help = CliHost.HelpFor(parse),
            };
            return host.Execute(options,
                () => Engine.Runs.Verify(new Engine.VerifyRequest(parse.GetRequiredValue(image)) { Passphrase = passphrase.Get }));
        }));
        return command;
    }
}
