using System.CommandLine;
using System.CommandLine.Parsing;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Terminals;

namespace RescueKit.Cli.Session;

/// <summary>What every command works with; tests replace its parts.</summary>
internal sealed class CliHost(ITerminal terminal, Interruption interruption, TimeProvider clock)
{
    public ITerminal Terminal { get; } = terminal;
    public Interruption Interruption { get; } = interruption;
    public TimeProvider Clock { get; } = clock;

    /// <summary>Runs a command's body; whatever it throws is reported and becomes an exit code.</summary>
    public int Guard(ParseResult parse, Option<bool> json, Func<int> body)
    {
        try
        {
            Interruption.Watch();
            var code = body();
            Terminal.Out.Flush();
            return code;
        }
        catch (Exception e)
        {
            return ErrorReport.Print(Terminal, e, parse.GetValue(json), HelpFor(parse));
        }
    }

    /// <summary>The command line that explains the command that was given.</summary>
    public static string HelpFor(ParseResult parse) => $"{string.Join(' ', Names(parse.CommandResult).Reverse())} --help";

    private static IEnumerable<string> Names(CommandResult innermost)
    {
        for (SymbolResult? result = innermost; result is CommandResult { Command: var command }; result = result.Parent)
            yield return command is RootCommand ? "rescuekit" : command.Name;
    }
}
