using System.CommandLine;
using RescueKit.Agent.Jobs;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Commands;

/// <summary>Says what is wrong with a configuration, and when its jobs would run.</summary>
internal static class AgentCheckConfigCommand
{
    private const int Times = 3;

    public static Command Build(CliHost host)
    {
        var (config, json) = (AgentCommand.Config(), CommonOptions.Json());
        var command = new ExampleCommand("check-config", "Read the agent's configuration: everything that is wrong with it (exit code 2), or each job's next three times",
            "rescuekit agent check-config", "rescuekit agent check-config --config agent.json --json")
        {
            config, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var check = ConfigCheck.Of(Path.GetFullPath(parse.GetValue(config) ?? AgentConfig.DefaultPath), new CommandRunFactory());
            var document = DocumentOf(check, host.Clock);
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, document);
            else JobText.Write(host.Terminal.Out, host.Terminal.Error, document);
            if (document.Ok && !parse.GetValue(json)) WriteMissing(host.Terminal.Out, document);
            return document.Ok ? ExitCodes.Done : ExitCodes.Usage;
        }));
        return command;
    }

    /// <summary>No mistake for certain: what is missing may be plugged in or mounted by then.</summary>
    private static void WriteMissing(TextWriter to, ConfigDocument document)
    {
        foreach (var job in document.Jobs)
        {
            if (!File.Exists(job.Source)) to.WriteLine($"note: job '{job.Name}': {job.Source} is not there now");
            if (!Directory.Exists(job.Folder)) to.WriteLine($"note: job '{job.Name}': the folder {job.Folder} is not there now");
        }
    }

    private static ConfigDocument DocumentOf(ConfigCheck check, TimeProvider clock) => new(check.Path, check.Problems.Count + check.Unreadable.Count == 0,
        [.. check.Problems.Concat(check.Unreadable).OrderBy(problem => problem.Line)], [.. check.Config.Jobs.Select(job => new ConfigJobDocument(job.Name, job.Line, job.Source, job.Folder, job.Schedule.Text, [.. NextRuns(job, clock)]))]);

    private static IEnumerable<DateTimeOffset> NextRuns(JobConfig job, TimeProvider clock)
    {
        DateTimeOffset? at = clock.GetUtcNow();
        for (var i = 0; i < Times && at is not null; i++)
        {
            at = job.Schedule.Next(at.Value, clock.LocalTimeZone);
            if (at is { } next) yield return TimeZoneInfo.ConvertTime(next, clock.LocalTimeZone);
        }
    }
}
