using RescueKit.Agent.Protocol;
using RescueKit.Engine;

namespace RescueKit.Agent.Hosting;

/// <summary>Makes runs of command lines: whoever has the command tree, so that what a UI shows is what is executed.</summary>
public interface IRunFactory
{
    /// <summary>Takes the words apart and opens nothing.</summary>
    /// <exception cref="Exception">They are none of a run, or make no sense as put.</exception>
    RunDraft Parse(RunRequest request);

    /// <summary>Any exception as it can be shown.</summary>
    Problem Explain(Exception exception);
}

/// <param name="Uses">What the run is going to open.</param>
/// <param name="ReceiptFile">Where the words want the receipt; null for the host's choice.</param>
/// <param name="Open">Opens and plans: throws what <see cref="Runs"/> throws.</param>
public sealed record RunDraft(IReadOnlyList<RunUse> Uses, string? ReceiptFile, Func<IRun> Open);

/// <summary>A disk or file that a run opens.</summary>
/// <param name="Shared">An image that is only read, by as many runs as like.</param>
public sealed record RunUse(string Path, bool Shared = false);
