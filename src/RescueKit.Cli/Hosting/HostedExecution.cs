using RescueKit.Agent.Protocol;
using RescueKit.Agent.Unattended;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Output;
using RescueKit.Cli.Progress;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Hosting;

/// <summary>Takes a run on a host from its words to its end, shown here as a run of this process would be.</summary>
internal sealed class HostedExecution(CliHost cli, IRunHost host, bool quiet)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A disk that shows up late is waited for.</summary>
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(60);

    /// <returns>The exit code.</returns>
    /// <exception cref="HostException">The host refused.</exception>
    public async Task<int> RunAsync(IReadOnlyList<string> words, string? confirm, CancellationToken cancel)
    {
        var resolved = await new PlacedWords(host, cli.Clock, DiskPatience, Tell).ResolveAsync(words, cancel).ConfigureAwait(false);
        var planned = await host.PrepareAsync(new RunRequest(resolved), cancel).ConfigureAwait(false);
        PlanText.Write(cli.Terminal.Out, planned.Plan);
        cli.Terminal.Out.Flush();
        try
        {
            await host.StartAsync(planned.Id, confirm, cancel).ConfigureAwait(false);
        }
        catch
        {
            await host.CancelAsync(planned.Id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        return Report(await WatchAsync(planned.Id, cancel).ConfigureAwait(false));
    }

    private void Tell(string text)
    {
        if (!quiet) cli.Terminal.Error.WriteLine(text);
    }

    private async Task<RunState> WatchAsync(int id, CancellationToken cancel)
    {
        using var reporter = quiet ? null : new ProgressReporter(cli.Terminal, cli.Clock);
        for (var asked = false; ;)
        {
            if (cancel.IsCancellationRequested && !asked)
            {
                asked = true;
                await host.CancelAsync(id, CancellationToken.None).ConfigureAwait(false);
            }
            var runs = await host.GetRunsAsync(CancellationToken.None).ConfigureAwait(false);
            var state = runs.Single(run => run.Id == id);
            if (state.Progress is { } progress) reporter?.Report(progress);
            if (state.Stage == RunStage.Ended) return state;
            await Task.Delay(Interval, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private int Report(RunState ended)
    {
        if (ended.Receipt is { } receipt) ReceiptText.Write(cli.Terminal.Out, receipt);
        if (ended.ReceiptPath is { } path) cli.Terminal.Out.WriteLine($"  receipt     {path}");
        cli.Terminal.Out.Flush();
        if (ended.Problem is not { } problem) return ended.Receipt?.ExitCode ?? ExitCodes.Failed;
        ErrorReport.Print(cli.Terminal, new ErrorInfo(problem.Error, problem.Kind, problem.Remedy, problem.ExitCode), json: false);
        return problem.ExitCode;
    }
}
