using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Cli.Hosting;

/// <summary>`agent run` on a running system: one agent, its jobs, its socket, and what systemd wants to know of it.</summary>
internal sealed class AgentProgram(CliHost cli, HostOptions options, string socket, string config)
{
    private const string Running = "running";

    /// <summary>Prints lines of the log: for the journal where it listens (systemd.exec(5), JOURNAL_STREAM).</summary>
    public static Action<LogLine, bool> Printer(TextWriter to)
    {
        var lines = TextWriter.Synchronized(to);
        var forJournal = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("JOURNAL_STREAM"));
        return (line, isProblem) =>
        {
            lines.WriteLine(JournalText.Format(line, isProblem, forJournal));
            lines.Flush();
        };
    }

    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The configuration is wrong.</exception>
    /// <exception cref="DeviceException">Another agent is running.</exception>
    public async Task<int> RunAsync()
    {
        var first = Read();
        if (first.Problems.Count > 0)
            throw new UsageException($"{config} is wrong: {string.Join("; ", first.Problems)}", $"correct it, then look at it: rescuekit agent check-config --config {config}");
        using var only = AgentLock.Take(options.RuntimeFolder);
        await using var runs = new RunHost(options);
        using var service = new AgentService(runs, options, first, Read);
        await using var server = HostServer.Start(socket, runs, options, service.Jobs);
        var notes = new ServiceNotes(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), text => runs.Log(text, isProblem: true));
        // A terminal that is closed is not an order to go on.
        if (!cli.Terminal.InputIsTerminal) cli.Interruption.Hangup = () => Reload(service, notes);
        runs.Log($"RescueKit {options.Version} hosts runs at {socket}; {Units.Count(first.Config.Jobs.Count, "job")} by {config}");
        notes.Ready(Running);
        await HostAsync(service, cli.Interruption.BeginRun()).ConfigureAwait(false);
        notes.Stopping();
        runs.Log("ending");
        // A run that marks what it leaves behind is waited for, however long that takes.
        await service.StopAsync(CancellationToken.None).ConfigureAwait(false);
        cli.Interruption.Hangup = null;
        await service.ExecuteTask!.ConfigureAwait(false);
        return ExitCodes.Done;
    }

    /// <summary>What the generic host does for one service, without its 2 MB of configuration, logging and injection: returns when it is to stop, or has failed.</summary>
    private static async Task HostAsync(AgentService service, CancellationToken stop)
    {
        await service.StartAsync(CancellationToken.None).ConfigureAwait(false);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(told.SetResult);
        await Task.WhenAny(told.Task, service.ExecuteTask!).ConfigureAwait(false);
    }

    private static void Reload(AgentService service, ServiceNotes notes)
    {
        notes.Reloading();
        service.Reload();
        notes.Ready(Running);
    }

    private ConfigCheck Read() => ConfigCheck.Of(config, options.Factory);
}
