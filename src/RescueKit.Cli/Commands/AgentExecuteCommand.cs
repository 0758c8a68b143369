using System.CommandLine;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Unattended;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

/// <summary>One run on the host that nobody sits at: what `rescuekit.run=` on the kernel command line does.</summary>
internal sealed class AgentExecuteCommand
{
    private enum Then { Stay, Restart, PowerOff }

    private readonly Option<string> _socket = AgentCommand.Socket();

    private readonly Option<Then> _then = new("--then")
    {
        HelpName = "stay|restart|power-off",
        Description = "What the rescue environment does when the run has ended, however it did [default: stay]",
        CustomParser = CommonOptions.Word(("stay", Then.Stay), ("restart", Then.Restart), ("power-off", Then.PowerOff)),
    };

    private readonly Option<string?> _line = new("--line") { HelpName = "TEXT", Description = "The words of the run as one text, quoted as for a shell" };
    private readonly Argument<string[]> _words = new("WORDS") { Description = "The words of the run, after --", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new AgentExecuteCommand();
        var command = new ExampleCommand("execute",
            "Carry out one run on the host without asking anything. Paths may name places: LABEL=X:/file, UUID=X:/file, nfs://server/export/file, "
            + "smb://user:password@server/share/file, ssh://user:password@server/folder/file; a port and, after a ?, mount options may be given as in ssh://me@nas:2222/backup/web1.rki?IdentityFile=/root/key",
            "rescuekit agent execute -- image create /dev/sda LABEL=RESCUEKIT-DATA:/web1.rki",
            "rescuekit agent execute --then restart --line \"image restore LABEL=RESCUEKIT-DATA:/web1.rki /dev/sda --confirm Y7K2P\"")
        {
            c._socket, c._then, c._line, c._quiet, c._words,
        };
        command.SetAction(parse => c.ExecuteAndThen(host, parse));
        return command;
    }

    private int ExecuteAndThen(CliHost host, ParseResult parse)
    {
        var code = host.Guard(parse, _json, () => ExecuteAsync(host, parse).GetAwaiter().GetResult());
        if (parse.GetValue(_then) is var then && then == Then.Stay) return code;
        // Said before: afterwards nobody may be left to hear it.
        host.Terminal.Error.WriteLine($"exit code {code}: {(then == Then.Restart ? "restarting" : "switching off")}");
        var failed = host.Guard(parse, _json, () => PowerAsync(parse.GetRequiredValue(_socket), then).GetAwaiter().GetResult());
        return failed == ExitCodes.Done ? code : failed;
    }

    private async Task<int> ExecuteAsync(CliHost host, ParseResult parse)
    {
        var (words, confirm) = CommandLineText.TakeConfirm(Words(parse));
        var cancel = host.Interruption.BeginRun();
        var client = await HostClient.ConnectPatientlyAsync(parse.GetRequiredValue(_socket), cancel).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            return await new HostedExecution(host, client, parse.GetValue(_quiet)).RunAsync(words, confirm, cancel).ConfigureAwait(false);
        }
    }

    private IReadOnlyList<string> Words(ParseResult parse) => (parse.GetValue(_line), parse.GetValue(_words) ?? []) switch
    {
        ({ } line, []) => CommandLineText.Split(line),
        (null, { Length: > 0 } words) => words,
        (null, _) => throw new UsageException("there is no run to execute", "give its words after --, or as one text with --line"),
        _ => throw new UsageException("the run was given twice", "give its words after --, or with --line"),
    };

    private static async Task<int> PowerAsync(string socket, Then then)
    {
        var client = await HostClient.ConnectAsync(socket, CancellationToken.None).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            await client.PowerAsync(then == Then.Restart ? PowerAction.Restart : PowerAction.PowerOff, CancellationToken.None).ConfigureAwait(false);
        }
        return ExitCodes.Done;
    }
}
