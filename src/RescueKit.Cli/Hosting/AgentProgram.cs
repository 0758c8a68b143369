using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;
using AgentOptions = RescueKit.Agent.Hosting.HostOptions;
using ServiceHost = Microsoft.Extensions.Hosting.Host;

namespace RescueKit.Cli.Hosting;

/// <summary>`agent run` on a running system: one agent, its jobs, its socket, and what systemd wants to know of it.</summary>
internal sealed class AgentProgram(CliHost cli, AgentOptions options, string socket, string config)
{
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
        using var host = Build(service, new AgentLifetime(cli.Interruption, notes, runs, $"RescueKit {options.Version} hosts runs at {socket}; {first.Config.Jobs.Count} jobs by {config}"));
        // A terminal that is closed is not an order to go on.
        if (!cli.Terminal.InputIsTerminal) cli.Interruption.Hangup = () => Reload(service, notes);
        await host.RunAsync().ConfigureAwait(false);
        cli.Interruption.Hangup = null;
        if (service.ExecuteTask is not { IsFaulted: true, Exception: { } failed }) return ExitCodes.Done;
        throw failed.InnerException ?? failed;
    }

    private static IHost Build(AgentService service, AgentLifetime lifetime)
    {
        var builder = ServiceHost.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime>(provider => lifetime.Of(provider.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.AddSingleton<IHostedService>(service);
        // A run that marks what it leaves behind is waited for, however long that takes.
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        return builder.Build();
    }

    private static void Reload(AgentService service, ServiceNotes notes)
    {
        notes.Reloading();
        service.Reload();
        notes.Ready("running");
    }

    private ConfigCheck Read() => ConfigCheck.Of(config, options.Factory);
}

/// <summary>Begins and ends the service: by this program's signals, and told to systemd.</summary>
internal sealed class AgentLifetime(Interruption interruption, ServiceNotes notes, RunHost runs, string greeting) : IHostLifetime, IDisposable
{
    private CancellationTokenRegistration _stop;

    public AgentLifetime Of(IHostApplicationLifetime application)
    {
        application.ApplicationStarted.Register(() =>
        {
            runs.Log(greeting);
            notes.Ready("running");
        });
        application.ApplicationStopping.Register(() =>
        {
            notes.Stopping();
            runs.Log("ending");
        });
        _stop = interruption.BeginRun().Register(application.StopApplication);
        return this;
    }

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();
}
