using System.CommandLine;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Progress;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

/// <summary>Has a job of the agent run now.</summary>
internal sealed class AgentBackupCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    private readonly Argument<string> _job = new("JOB") { Description = "The job's name, as 'agent status' shows it" };
    private readonly Option<string> _socket = AgentCommand.Socket();
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait for its end, and end with its exit code; this is what is done without it, too" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Only start it" };
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new AgentBackupCommand();
        var command = new ExampleCommand("backup", "Have a job of the agent run now. Ctrl-C ends the waiting, not the job",
            "rescuekit agent backup system", "rescuekit agent backup system --no-wait")
        {
            c._job, c._socket, c._wait, c._noWait, c._quiet, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.RunAsync(host, parse).GetAwaiter().GetResult()));
        return command;
    }

    private async Task<int> RunAsync(CliHost host, ParseResult parse)
    {
        if (parse.GetValue(_wait) && parse.GetValue(_noWait)) throw new UsageException("--wait and --no-wait do not go together");
        var cancel = host.Interruption.BeginRun();
        var job = parse.GetRequiredValue(_job);
        var client = await HostClient.ConnectAsync(parse.GetRequiredValue(_socket), cancel).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            var number = await client.StartJobAsync(job, cancel).ConfigureAwait(false);
            if (parse.GetValue(_noWait))
            {
                if (parse.GetValue(_json)) JsonOutput.Write(host.Terminal.Out, new JobStartedDocument(job, number));
                else host.Terminal.Out.WriteLine($"run {number} of {job} begins as soon as it can: rescuekit agent status");
                return ExitCodes.Done;
            }
            var result = await WatchAsync(host, client, parse, job, number, cancel).ConfigureAwait(false);
            if (parse.GetValue(_json)) JsonOutput.Write(host.Terminal.Out, result);
            else JobText.Write(host.Terminal.Out, job, result);
            return result.ExitCode;
        }
    }

    private async Task<JobResult> WatchAsync(CliHost host, HostClient client, ParseResult parse, string job, int number, CancellationToken cancel)
    {
        using var reporter = parse.GetValue(_quiet) ? null : new ProgressReporter(host.Terminal, host.Clock);
        for (var told = ""; ; await Task.Delay(Interval, host.Clock, cancel).ConfigureAwait(false))
        {
            var jobs = await client.GetJobsAsync(cancel).ConfigureAwait(false);
            var status = jobs.Jobs.FirstOrDefault(known => known.Name == job) ?? throw new DeviceException($"the agent has no job '{job}' any more", "look at its configuration");
            if (status.Last is { } last && last.Number >= number && last.Verdict != JobResult.Overdue) return last;
            if (status.Running?.Progress is { } progress) reporter?.Report(progress);
            if (reporter is null || status.WaitsFor is not { } other || other == told) continue;
            host.Terminal.Error.WriteLine($"waiting for {other}");
            told = other;
        }
    }
}
