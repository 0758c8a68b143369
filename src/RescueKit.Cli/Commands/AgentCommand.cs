using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Commands;

/// <summary>The host of runs, runs on it that nobody sits at, and LVM, RAID and LUKS that it opens.</summary>
internal static class AgentCommand
{
    public const string DefaultSocket = "/run/rescuekit/host.sock";

    public static Command Build(CliHost host)
    {
        var command = new ExampleCommand("agent", "The process that owns runs, for all screens of a machine, and makes backups by schedule",
            "rescuekit agent run", "rescuekit agent status", "rescuekit agent backup system", "rescuekit agent execute --line \"image create /dev/sda LABEL=RESCUEKIT-DATA:/web1.rki\" --then power-off",
            "rescuekit agent open vg0")
        {
            BuildRun(host), AgentStatusCommand.Build(host), AgentBackupCommand.Build(host), AgentCheckConfigCommand.Build(host), AgentExecuteCommand.Build(host),
        };
        foreach (var more in AgentContainersCommand.Build(host).Concat(AgentPlacesCommand.Build(host)).Concat(AgentInstallCommand.Build(host))) command.Add(more);
        return command;
    }

    public static Option<string> Socket() => new("--socket")
    {
        HelpName = "PATH",
        Description = $"The host's local socket [default: {DefaultSocket}]",
        DefaultValueFactory = _ => DefaultSocket,
    };

    /// <summary>Has a body talk to the host at a socket.</summary>
    /// <returns>The exit code of a body that ends well.</returns>
    public static int Ask(CliHost host, string socket, Func<HostClient, CancellationToken, Task> ask)
    {
        AskAsync(socket, ask, host.Interruption.BeginRun()).GetAwaiter().GetResult();
        return ExitCodes.Done;
    }

    private static async Task AskAsync(string socket, Func<HostClient, CancellationToken, Task> ask, CancellationToken cancel)
    {
        var client = await HostClient.ConnectPatientlyAsync(socket, cancel).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            await ask(client, cancel).ConfigureAwait(false);
        }
    }

    private static ExampleCommand BuildRun(CliHost host)
    {
        var socket = Socket();
        var config = Config();
        var json = CommonOptions.Json();
        var command = new ExampleCommand("run",
            "Host runs until told to stop (SIGTERM); they are stopped then, and waited for. On a running system, where there is a configuration, its jobs are carried out, and SIGHUP reads it again",
            "rescuekit agent run", "rescuekit agent run --socket /tmp/rescuekit.sock")
        {
            socket, config,
        };
        command.SetAction(parse => host.Guard(parse, json, () => RunAsync(host, parse.GetRequiredValue(socket), parse.GetValue(config)).GetAwaiter().GetResult()));
        return command;
    }

    public static Option<string?> Config() => new("--config") { HelpName = "FILE", Description = $"The agent's configuration [default: {AgentConfig.DefaultPath}]" };

    private static async Task<int> RunAsync(CliHost cli, string socket, string? config)
    {
        var options = HostOptions.ForThisProcess(new CommandRunFactory(), ProgramVersion.Number) with { Log = AgentProgram.Printer(cli.Terminal.Out) };
        // In the rescue environment nothing is done that nobody asked for.
        if (!options.Root.Exists(MachineMarks.RescueEnvironment) && (config is not null || File.Exists(AgentConfig.DefaultPath)))
            return await new AgentProgram(cli, options.ForService(), socket, config ?? AgentConfig.DefaultPath).RunAsync().ConfigureAwait(false);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = new RunHost(options);
        await using var server = HostServer.Start(socket, host, options);
        using var registration = cli.Interruption.BeginRun().Register(() => ended.TrySetResult());
        host.Log($"RescueKit {options.Version} hosts runs at {socket}");
        var stick = host.KeepStickMountedAsync();
        await ended.Task.ConfigureAwait(false);
        host.Log("ending");
        await host.DisposeAsync().ConfigureAwait(false);
        await stick.ConfigureAwait(false);
        return ExitCodes.Done;
    }
}
