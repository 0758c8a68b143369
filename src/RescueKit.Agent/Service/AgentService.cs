using Microsoft.Extensions.Hosting;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;

namespace RescueKit.Agent.Service;

/// <summary>The agent of a running system: jobs by schedule, on the host of runs.</summary>
public sealed class AgentService : BackgroundService
{
    private readonly Func<ConfigCheck> _read;
    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ServiceLog _log;
    private readonly JobBook _book;
    private readonly AgentScheduler _scheduler;
    private volatile ConfigReading _reading;

    /// <param name="first">The configuration as it was read first; without problems.</param>
    /// <param name="read">Reads it again.</param>
    public AgentService(RunHost host, HostOptions options, ConfigCheck first, Func<ConfigCheck> read)
    {
        (_read, _path, _clock) = (read, first.Path, options.Clock);
        _log = new ServiceLog(text => host.Log(text), text => host.Log(text, isProblem: true));
        _reading = new ConfigReading(_path, _clock.GetLocalNow(), null);
        _book = new JobBook(new StateFile(Path.Combine(options.StateFolder, "agent"), _log.Problem), _clock);
        _book.Configure(first.Config);
        var carrier = new HostCarrier(host);
        var runner = new JobRun(carrier, new FolderMounts(options.Root), options.Factory.Explain, _clock, _log.Event);
        _scheduler = new AgentScheduler(_book, carrier, runner, new FailureCommand(options.Tools, _log), _clock, _log);
        SayUnreadable(first);
        Jobs = new JobHost(_book, carrier, () => _reading, _scheduler.Wake, options.Factory.Explain, _clock);
    }

    /// <summary>For clients.</summary>
    public IJobHost Jobs { get; }

    /// <summary>Takes the configuration as it is now; a bad one is said to be, and the one before stays.</summary>
    public void Reload()
    {
        var check = ReadAgain();
        if (check.Problems.Count > 0)
        {
            var problem = string.Join("; ", check.Problems);
            _reading = _reading with { Problem = problem };
            _log.Problem($"the configuration {_path} is not taken, the one before stays: {problem}");
            return;
        }
        TimeZoneInfo.ClearCachedData();
        _book.Configure(check.Config);
        _reading = new ConfigReading(_path, _clock.GetLocalNow(), null);
        _log.Event($"the configuration {_path} was read again: {Units.Count(check.Config.Jobs.Count, "job")}");
        SayUnreadable(check);
        _scheduler.Wake();
    }

    private void SayUnreadable(ConfigCheck check)
    {
        foreach (var problem in check.Unreadable) _log.Problem($"{_path}: {problem}; as long as that is so, the job's runs fail");
    }

    /// <summary>Whatever goes wrong is no reason to end.</summary>
    private ConfigCheck ReadAgain()
    {
        try
        {
            return _read();
        }
        catch (Exception e)
        {
            return new ConfigCheck(_path, new AgentConfig([]), [new ConfigProblem(null, e.Message)]);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => _scheduler.RunAsync(stoppingToken), CancellationToken.None);
}
