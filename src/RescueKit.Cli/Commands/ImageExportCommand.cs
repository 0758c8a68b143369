using System.CommandLine;
using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Progress;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal sealed class ImageExportCommand
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "An image (its first part)" };
    private readonly Argument<string> _out = new("OUT") { Description = "The disk file to make; it must not exist yet" };

    private readonly Option<string?> _format = new("--format")
    {
        HelpName = string.Join('|', DiskExport.Formats),
        Description = "Its kind [default: what its name ends in]",
        CustomParser = CommonOptions.Word([.. DiskExport.Formats.Select(format => (format, (string?)format))]),
    };

    private readonly Option<bool> _compress = new("--compress") { Description = "Compress it (qcow2, vmdk)" };
    private readonly Option<bool> _verify = new("--verify") { Description = "Read it back and compare it with the image" };
    private readonly Option<DamagePolicy> _onDamage = CommonOptions.OnDamage();
    private readonly Option<string?> _passphraseFile = CommonOptions.PassphraseFile();
    private readonly Option<int?> _passphraseDescriptor = CommonOptions.PassphraseDescriptor();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new ImageExportCommand();
        var command = new ExampleCommand("export", "Make a disk file of an image, for virtual machines and other programs (by qemu-img)",
            "rescuekit image export web1.rki web1.qcow2",
            "rescuekit image export web1.rki web1.vhdx --verify",
            "rescuekit image export web1.rki /srv/disk --format raw")
        {
            c._image, c._out, c._format, c._compress, c._verify, c._onDamage, c._passphraseFile, c._passphraseDescriptor, c._quiet, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var file = Path.GetFullPath(parse.GetRequiredValue(_out));
        var format = parse.GetValue(_format) ?? DiskExport.FormatOf(file)
            ?? throw new UsageException($"it is not clear what kind of disk file {file} has to be", $"give --format {_format.HelpName}");
        if (Path.Exists(file)) throw new SafetyException($"{file} is there already", "name a file that does not exist yet");
        if (!Directory.Exists(Path.GetDirectoryName(file))) throw new UsageException($"there is no folder {Path.GetDirectoryName(file)}", "make it first");
        if (parse.GetValue(_compress) && format is "raw" or "vhdx") throw new UsageException($"{format} cannot be compressed", "leave --compress out, or choose qcow2");

        var passphrase = CommonOptions.Passphrase(parse, host.Terminal, _passphraseFile, _passphraseDescriptor);
        using var image = ImageDisk.Open(parse.GetRequiredValue(_image), passphrase.Get);
        var cancel = host.Interruption.BeginRun();
        bool lost;
        using (var progress = parse.GetValue(_quiet) ? null : new ProgressReporter(host.Terminal, host.Clock))
        using (var disk = new MeteredSource(image, progress is null ? null : progress.Report))
        using (var export = new DiskExport(disk, new ToolRunner(), new ReadFailures(host).Report))
        {
            export.Write(file, format, parse.GetValue(_compress), parse.GetValue(_onDamage) == DamagePolicy.Skip, parse.GetValue(_verify), cancel);
            lost = export.HasLosses;
        }
        var document = new ExportDocument(parse.GetRequiredValue(_image), file, format, image.Length, new FileInfo(file).Length, parse.GetValue(_verify) && !lost, lost);
        if (parse.GetValue(_json)) JsonOutput.Write(host.Terminal.Out, document);
        else host.Terminal.Out.WriteLine($"{file}: {format}, a disk of {Units.Size(document.Length)}{(document.Verified ? ", read back and equal" : "")}{(lost ? "; zeros where something could not be read" : "")}");
        return lost ? ExitCodes.DoneWithLosses : ExitCodes.Done;
    }
}
