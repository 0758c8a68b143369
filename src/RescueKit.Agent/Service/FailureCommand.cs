using System.Globalization;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>Tells of a job that failed by the command that its configuration names. That this fails, too, is in the log.</summary>
internal sealed class FailureCommand(IToolRunner tools, ServiceLog log)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <param name="stop">The command is not waited for any longer.</param>
    public async Task TellAsync(JobConfig job, JobResult result, CancellationToken stop)
    {
        if (job.OnFailure is not [var program, ..]) return;
        var call = new ToolCall(program, [.. job.OnFailure.Skip(1)])
        {
            Limit = Limit,
            Environment = new Dictionary<string, string>
            {
                ["RESCUEKIT_JOB"] = job.Name,
                ["RESCUEKIT_RUN"] = result.Number.ToString(CultureInfo.InvariantCulture),
                ["RESCUEKIT_EXIT_CODE"] = result.ExitCode.ToString(CultureInfo.InvariantCulture),
                ["RESCUEKIT_VERDICT"] = result.Verdict,
                ["RESCUEKIT_MESSAGE"] = result.Error ?? result.Verdict,
                ["RESCUEKIT_SOURCE"] = job.Source,
                ["RESCUEKIT_IMAGE"] = result.Image,
            },
        };
        try
        {
            var outcome = await Task.Run(() => tools.Run(call), CancellationToken.None).WaitAsync(stop).ConfigureAwait(false);
            if (outcome.ExitCode == 0) log.Event($"job {job.Name}: {program} was told of the failure");
            else log.Problem($"job {job.Name}: {program} ended with {outcome.ExitCode}: {outcome.Complaint}");
        }
        catch (RescueKitException e)
        {
            log.Problem($"job {job.Name}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            log.Problem($"job {job.Name}: {program} has not ended before the agent did");
        }
    }
}
