using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Terminals;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Session;

/// <summary>What every command works with; tests replace its parts.</summary>
internal class CliHost(ITerminal terminal, Interruption interruption, TimeProvider clock)
{
    public ITerminal Terminal { get; } = terminal;
    public Interruption Interruption { get; } = interruption;
    public TimeProvider Clock { get; } = clock;

    /// <summary>Whether somebody waits at a terminal, or a script does, while runs are put together.</summary>
    public virtual bool IsAtCommandLine => true;

    /// <summary>What becomes of a run that a command has put together: here it is carried out.</summary>
    /// <param name="prepare">Opens and plans.</param>
    /// <returns>The exit code.</returns>
    public virtual int Execute(RunOptions options, Func<IRun> prepare) => RunSession.Execute(this, options, prepare);

    /// <summary>Puts a run together where that leaves things behind while it lasts.</summary>
    public virtual T Prepare<T>(Func<CancellationToken, T> prepare) => Interruption.Prepare(prepare);

    /// <summary>What opens a partition that is enciphered.</summary>
    /// <exception cref="UsageException">There is nobody to say it.</exception>
    public virtual ReadOnlyMemory<byte> PassphraseOf(int partition)
    {
        if (!Terminal.InputIsTerminal)
            throw new UsageException("the passphrase of a partition is needed, and there is no terminal to ask for it", "name the file that it is in: --unlock N:FILE");
        return Terminal.Ask(string.Create(CultureInfo.InvariantCulture, $"Passphrase of partition {partition}: "), echo: false) is { Length: > 0 } typed
            ? typed
            : throw new UsageException("no passphrase was typed");
    }

    /// <summary>From now on something is left that has to be taken away again: a signal asks for the end, and does not kill.</summary>
    public virtual void BeginUndoing() => Interruption.BeginRun();

    /// <summary>Runs a command's body; whatever it throws is reported and becomes an exit code.</summary>
    public virtual int Guard(ParseResult parse, Option<bool> json, Func<int> body)
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
    public static string HelpFor(ParseResult parse) => $"{NameOf(parse)} --help";

    /// <summary>"rescuekit image create".</summary>
    public static string NameOf(ParseResult parse) => string.Join(' ', Names(parse.CommandResult).Reverse());

    private static IEnumerable<string> Names(CommandResult innermost)
    {
        for (SymbolResult? result = innermost; result is CommandResult { Command: var command }; result = result.Parent)
            yield return command is RootCommand ? "rescuekit" : command.Name;
    }
}
