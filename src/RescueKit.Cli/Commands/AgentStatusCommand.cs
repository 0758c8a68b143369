using System.CommandLine;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Commands;

/// <summary>How the agent's jobs stand.</summary>
internal static class AgentStatusCommand
{
    public static Command Build(CliHost host)
    {
        var (socket, json) = (AgentCommand.Socket(), CommonOptions.Json());
        var command = new ExampleCommand("status", "Show the agent's jobs: when they are due, how they last ended, what is running. Exit code 1 where a job's last run failed",
            "rescuekit agent status", "rescuekit agent status --json | jq '.jobs[] | select(.last.exit_code != 0).name'")
        {
            socket, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            var status = AskAsync(parse.GetRequiredValue(socket), host.Interruption.BeginRun()).GetAwaiter().GetResult();
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, status);
            else JobText.Write(host.Terminal.Out, status, host.Clock);
            return status.ConfigProblem is null && status.Jobs.All(job => job.Last is null or { ExitCode: ExitCodes.Done }) ? ExitCodes.Done : ExitCodes.Failed;
        }));
        return command;
    }

    private static async Task<AgentStatus> AskAsync(string socket, CancellationToken cancel)
    {
        var client = await HostClient.ConnectAsync(socket, cancel).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            return await client.GetJobsAsync(cancel).ConfigureAwait(false);
        }
    }
}
