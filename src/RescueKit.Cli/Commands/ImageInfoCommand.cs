using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;

namespace RescueKit.Cli.Commands;

internal static class ImageInfoCommand
{
    public static Command Build(CliHost host)
    {
        var image = new Argument<string>("IMAGE") { Description = "An image (its first part)" };
        var file = CommonOptions.PassphraseFile();
        var descriptor = CommonOptions.PassphraseDescriptor();
        var json = CommonOptions.Json();
        var command = new ExampleCommand("info", "Show what an image holds, how it was taken and whether it is complete",
            "rescuekit image info backup.rki",
            "rescuekit image info secret.rki --passphrase-file key.txt --json")
        {
            image, file, descriptor, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var passphrase = CommonOptions.Passphrase(parse, host.Terminal, file, descriptor);
            var document = ImageInspector.Inspect(parse.GetRequiredValue(image), passphrase.GetIfAny);
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, document);
            else ImageText.Write(host.Terminal.Out, document);
            return document.MissingParts.Count == 0 ? ExitCodes.Done : ExitCodes.Image;
        }));
        return command;
    }
}
