using RescueKit.Engine;

namespace RescueKit.Agent.Protocol;

/// <summary>A run is its command line: what a UI shows is what is executed, and can be pasted into a script.</summary>
/// <param name="Command">Words after `rescuekit`: image create|restore|verify|get, or clone, with their options. No --confirm, no passphrase.</param>
/// <param name="Passphrase">For an image that is encrypted, or to be; null for none.</param>
/// <param name="Unlock">Passphrases of the partitions that --unlock names without a file, by their numbers; null for none.</param>
public sealed record RunRequest(IReadOnlyList<string> Command, string? Passphrase = null, IReadOnlyDictionary<int, string>? Unlock = null);

public enum RunStage { Planned, Running, Ended }

/// <summary>A run as every UI sees it.</summary>
public sealed record RunState
{
    public required int Id { get; init; }
    public required RunStage Stage { get; init; }

    /// <summary>As <see cref="RunRequest.Command"/>.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    public required RunPlan Plan { get; init; }

    /// <summary>Where it stands; null before it starts.</summary>
    public RunProgress? Progress { get; init; }

    /// <summary>True from when it was asked to stop.</summary>
    public bool Cancelling { get; init; }

    /// <summary>Of a run that has ended.</summary>
    public Receipt? Receipt { get; init; }

    /// <summary>Where the receipt was saved; null where it was not.</summary>
    public string? ReceiptPath { get; init; }

    /// <summary>Why it failed; null where it did not.</summary>
    public Problem? Problem { get; init; }
}

/// <summary>An error as it can be shown.</summary>
/// <param name="Error">What failed, to which disk or file and where.</param>
/// <param name="Kind">One of the stable words of the command line's JSON.md.</param>
/// <param name="Remedy">What to do next; null where nothing better than the error itself is known.</param>
/// <param name="ExitCode">What the command line would have ended with (DESIGN §5).</param>
public sealed record Problem(string Error, string Kind, string? Remedy, int ExitCode);

/// <summary>The host refused or failed.</summary>
public sealed class HostException(Problem problem) : Exception(problem.Error)
{
    public Problem Problem { get; } = problem;
}

/// <summary>Whether this machine's firmware would start a disk.</summary>
/// <param name="Verdict">"bootable", "not yet bootable", "unknown", or "not a system disk".</param>
/// <param name="Reasons">Sentences.</param>
/// <param name="Remedies">What can be done about it; the safest first.</param>
public sealed record BootCheck(string Verdict, IReadOnlyList<string> Reasons, IReadOnlyList<BootRemedy> Remedies);

/// <param name="Id">Given back to the host.</param>
/// <param name="Text">"Add the boot entry debian".</param>
/// <param name="Effect">"changes this machine's firmware settings".</param>
public sealed record BootRemedy(string Id, string Text, string Effect);
