using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using RescueKit.Cli.Commands;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli;

/// <summary>All commands, and how a command line is taken apart and carried out.</summary>
internal static class CommandTree
{
    public const string RunsRemedy = "give the words of image create, image restore, image verify, image get or clone";

    private static readonly string[] RunCommands = ["rescuekit image create", "rescuekit image restore", "rescuekit image verify", "rescuekit image get", "rescuekit clone"];

    // A path may begin with '@': no response files.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <returns>The exit code (DESIGN §5).</returns>
    public static int Run(IReadOnlyList<string> arguments, CliHost host)
    {
        var parse = CommandLineParser.Parse(Build(host), arguments, Parsing);
        if (parse.Errors.Count > 0 && parse.Action is not (HelpWithExamples or { ClearsParseErrors: true, Terminating: true }))
            return UsageError(parse, arguments, host);
        var code = parse.Invoke(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = host.Terminal.Out,
            Error = host.Terminal.Error,
        });
        host.Terminal.Out.Flush();
        return code;
    }

    /// <summary>Has a command line put a run together for <paramref name="host"/>, which takes it.</summary>
    /// <exception cref="RescueKitException">The words are none of a run, or make no sense as put.</exception>
    public static void Prepare(IReadOnlyList<string> words, PreparingHost host)
    {
        var parse = CommandLineParser.Parse(Build(host), words, Parsing);
        if (parse.Errors.Count > 0) throw new UsageException(MessageOf(parse), CliHost.HelpFor(parse));
        // Help, or a command that only shows something, would not fail: it would be silent.
        if (!RunCommands.Contains(CliHost.NameOf(parse)) || parse.Action is HelpWithExamples)
            throw new UsageException($"'{string.Join(' ', words)}' is no run", RunsRemedy);
        parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = TextWriter.Null, Error = TextWriter.Null });
    }

    public static RootCommand Build(CliHost host)
    {
        var root = new RootCommand("RescueKit images whole disks and puts them back: partition tables, boot code and the used blocks of every partition.")
        {
            new ExampleCommand("disk", "Look at disks", "rescuekit disk list", "rescuekit disk show /dev/sda") { DiskListCommand.Build(host), DiskShowCommand.Build(host) },
            new ExampleCommand("image", "Make, restore, verify and look into images of disks",
                "rescuekit image create /dev/sda /media/stick/web1.rki",
                "rescuekit image verify /media/stick/web1.rki",
                "rescuekit image restore /media/stick/web1.rki /dev/sdb --dry-run")
            {
                ImageCreateCommand.Build(host), ImageRestoreCommand.Build(host), ImageVerifyCommand.Build(host), ImageInfoCommand.Build(host), ImageServeCommand.Build(host),
                ImageLsCommand.Build(host), ImageGetCommand.Build(host), ImageMountCommand.Build(host), ImageExportCommand.Build(host),
            },
            CloneCommand.Build(host),
            new ExampleCommand("media", "Build rescue media and write them onto sticks",
                "rescuekit media build rescuekit.iso",
                "rescuekit media write rescuekit.iso /dev/sdc")
            {
                MediaBuildCommand.Build(host), MediaWriteCommand.Build(host),
            },
            SnapshotCommand.Build(host),
            AgentCommand.Build(host),
            TuiCommand.Build(host),
        };
        root.Directives.Clear();
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, host.Terminal);
        return root;
    }

    private static int UsageError(ParseResult parse, IReadOnlyList<string> arguments, CliHost host)
    {
        var error = new ErrorInfo(MessageOf(parse), "usage", CliHost.HelpFor(parse), ExitCodes.Usage);
        ErrorReport.Print(host.Terminal, error, arguments.Contains("--json"));
        return error.ExitCode;
    }

    /// <summary>The parser says that an argument is missing and not which.</summary>
    private static string MessageOf(ParseResult parse)
    {
        var arguments = parse.CommandResult.Command.Arguments;
        var missing = arguments.Where(a => parse.GetResult(a) is null or { Tokens.Count: 0 }).Select(a => $"{a.Name} is missing");
        var others = parse.Errors.Where(e => e.SymbolResult is not ArgumentResult { Tokens.Count: 0 } of || !arguments.Contains(of.Argument));
        return string.Join("; ", missing.Concat(others.Select(e => e.Message.TrimEnd('.'))));
    }
}
