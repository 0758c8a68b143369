using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Tui;

namespace RescueKit.Cli.Commands;

/// <summary>The text UI: of the machine's host of runs where there is one, else with a host of its own.</summary>
internal static class TuiCommand
{
    public static Command Build(CliHost host)
    {
        var socket = AgentCommand.Socket();
        var ascii = new Option<bool>("--ascii") { Description = "Draw with ASCII characters only [default: where the locale is not UTF-8]" };
        var monochrome = new Option<bool>("--monochrome") { Description = "No colours [default: with NO_COLOR, or where the terminal has none]" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("tui", "The full-screen text UI: back up, restore, clone and verify by choosing from lists",
            "rescuekit tui", "rescuekit tui --ascii --monochrome")
        {
            socket, ascii, monochrome,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var detected = TextUiOptions.Detect(Environment.GetEnvironmentVariable);
            var options = detected with { Ascii = detected.Ascii || parse.GetValue(ascii), Monochrome = detected.Monochrome || parse.GetValue(monochrome) };
            return RunAsync(parse.GetRequiredValue(socket), options, host.Interruption.BeginRun()).GetAwaiter().GetResult();
        }));
        return command;
    }

    private static async Task<int> RunAsync(string socket, TextUiOptions ui, CancellationToken cancel)
    {
        var options = HostOptions.ForThisProcess(new CommandRunFactory(), ProgramVersion.Number);
        // In the rescue environment init starts the host, perhaps only in a moment.
        IRunHost host = File.Exists(socket) || options.Root.Exists(MachineMarks.RescueEnvironment) ? new HostClient(socket) : new RunHost(options);
        await using (host.ConfigureAwait(false))
        {
            return TextUi.Run(host, ui, cancel);
        }
    }
}
