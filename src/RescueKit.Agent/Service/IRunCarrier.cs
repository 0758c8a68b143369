using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>Carries out runs: the host, as jobs see it.</summary>
internal interface IRunCarrier
{
    /// <summary>All runs of the host, whoever asked for them.</summary>
    IReadOnlyList<RunState> Runs { get; }

    /// <summary>Plans a run, starts it, and returns as it was when it had ended.</summary>
    /// <param name="planned">Is told its number before it starts.</param>
    /// <param name="cancel">Asks it to stop; its end is waited for all the same.</param>
    /// <exception cref="HostException">It was refused.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before it began.</exception>
    Task<RunState> CarryAsync(RunRequest request, RunPriority? priority, Action<int> planned, CancellationToken cancel);
}
