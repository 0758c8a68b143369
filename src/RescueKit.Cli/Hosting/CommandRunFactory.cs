using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Session;

namespace RescueKit.Cli.Hosting;

/// <summary>Makes runs by the command tree itself: a run that a UI shows as a command line is that command line.</summary>
internal sealed class CommandRunFactory : IRunFactory
{
    public RunDraft Parse(RunRequest request)
    {
        // Its signals are not listened for: the process that hosts the runs has an ear of its own.
        using var deaf = new Interruption(() => { });
        var host = new PreparingHost(request, deaf);
        CommandTree.Prepare(request.Command, host);
        return host.Draft ?? throw new Model.UsageException($"'{string.Join(' ', request.Command)}' is no run", CommandTree.RunsRemedy);
    }

    public Problem Explain(Exception exception)
    {
        var error = ErrorInfo.Of(exception);
        return new Problem(error.Error, error.Kind, error.Remedy, error.ExitCode);
    }
}
