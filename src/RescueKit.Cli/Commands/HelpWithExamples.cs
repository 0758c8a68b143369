using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using RescueKit.Cli.Terminals;

namespace RescueKit.Cli.Commands;

/// <summary>A command that can show how it is used.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The usual help, and the command's examples behind it.</summary>
internal sealed class HelpWithExamples(HelpAction usual, ITerminal terminal) : SynchronousCommandLineAction
{
    private const int UsualWidth = 100;
    private const int NarrowestTerminal = 60;

    /// <summary>Of the program as a whole: what most people come for.</summary>
    private static readonly string[] Overall =
    [
        "rescuekit disk list",
        "rescuekit image create /dev/sda /media/stick/web1.rki",
        "rescuekit image restore /media/stick/web1.rki /dev/sdb --dry-run",
        "rescuekit clone /dev/sda /dev/sdb --dry-run",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.MaxWidth = terminal.OutputIsTerminal && terminal.ErrorColumns >= NarrowestTerminal ? terminal.ErrorColumns : UsualWidth;
        usual.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command is ExampleCommand command ? command.Examples : Overall;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return 0;
    }
}
