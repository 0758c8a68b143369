using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Media.Build;

namespace RescueKit.Cli.Commands;

internal sealed class MediaBuildCommand
{
    private readonly Argument<string> _output = new("ISO") { Description = "The image file to make; it boots from USB and CD, by BIOS and UEFI, with Secure Boot" };
    private readonly Option<string?> _binary = new("--binary") { HelpName = "FILE", Description = "The published rescuekit to put onto the media [default: this one]" };
    private readonly Option<string> _kernel = new("--kernel")
    {
        HelpName = "debian|host",
        Description = "Debian's signed kernel, downloaded with apt, or the one that runs now [default: debian]",
        DefaultValueFactory = _ => "debian",
        CustomParser = CommonOptions.Word(("debian", "debian"), ("host", "host")),
    };

    private readonly Option<string?> _firmware = new("--firmware") { HelpName = "DIR", Description = "Firmware files to add, laid out as /lib/firmware" };
    private readonly Option<string?> _run = new("--run") { HelpName = "COMMAND", Description = "A rescuekit command, without 'rescuekit', that the media run by themselves" };
    private readonly Option<string> _then = new("--then")
    {
        HelpName = "stay|restart|power-off",
        Description = "What happens after --run [default: stay]",
        DefaultValueFactory = _ => "stay",
        CustomParser = CommonOptions.Word(("stay", "stay"), ("restart", "restart"), ("power-off", "power-off")),
    };

    private readonly Option<string> _keyboard = new("--keyboard") { HelpName = "LAYOUT", Description = "The keyboard layout, where none is chosen at boot", DefaultValueFactory = _ => "us" };
    private readonly Option<string?> _cache = new("--cache") { HelpName = "DIR", Description = "Where downloaded packages are kept [default: ~/.local/share/rescuekit/media]" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new MediaBuildCommand();
        var command = new ExampleCommand("build", "Build bootable rescue media from this program and Debian's packages",
            "rescuekit media build rescuekit.iso",
            "rescuekit media build rescuekit.iso --keyboard de --firmware /lib/firmware",
            "rescuekit media build web1.iso --run 'image create /dev/sda LABEL=RESCUEKIT-DATA:/web1.rki' --then power-off")
        {
            c._output, c._binary, c._kernel, c._firmware, c._run, c._then, c._keyboard, c._cache, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var request = new MediaBuildRequest(parse.GetRequiredValue(_output))
        {
            Binary = parse.GetValue(_binary),
            HostKernel = parse.GetValue(_kernel) == "host",
            Firmware = parse.GetValue(_firmware),
            Run = parse.GetValue(_run),
            Then = parse.GetValue(_then)!,
            Keyboard = parse.GetValue(_keyboard)!,
            Cache = parse.GetValue(_cache),
        };
        var built = new MediaBuilder(request, step => host.Terminal.Error.WriteLine($"media: {step}")).Build();
        if (parse.GetValue(_json))
        {
            JsonOutput.Write(host.Terminal.Out, built);
            return ExitCodes.Done;
        }
        host.Terminal.Out.WriteLine($"{built.Path}  {Units.Size(built.Bytes)}, kernel {built.Kernel} with {built.Modules} modules, {built.Packages} packages");
        host.Terminal.Out.WriteLine($"SHA-256 {built.Sha256}");
        return ExitCodes.Done;
    }
}
