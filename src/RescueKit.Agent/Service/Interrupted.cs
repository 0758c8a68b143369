using RescueKit.Agent.Protocol;
using RescueKit.Engine;

namespace RescueKit.Agent.Service;

/// <summary>Runs that were cut off: by the agent's end, or with it.</summary>
internal static class Interrupted
{
    public const string Verdict = "interrupted";

    /// <summary>What became of a run of an agent that was killed, or of a machine that lost power.</summary>
    public static JobOutcome TakeOver(JobBegun begun, DateTimeOffset now)
    {
        // Nobody is left to tell its id: a name that holds the second belongs to nobody else.
        var made = ImageShelf.Head(begun.Image) is { } head ? new JobImage(begun.Image, head.ImageId, begun.At, ExitCodes.Failed) : null;
        var result = new JobResult
        {
            Number = begun.Number,
            Reason = begun.Reason,
            StartedAt = begun.At,
            FinishedAt = now,
            Verdict = Verdict,
            ExitCode = ExitCodes.Failed,
            Error = made is null ? "the agent ended in the middle of it, before there was an image" : "the agent ended in the middle of it; the image is not to be used",
            Image = begun.Image,
            ImageId = made?.ImageId,
        };
        return new JobOutcome(result, made, []);
    }

    /// <summary>It is made up for; not if the one before was cut off, too: what ends the agent each time must not be begun over and over.</summary>
    /// <param name="state">With the result of the run before it.</param>
    public static JobState Owe(JobState state, JobResult result) => state with { Owed = result.Verdict == Verdict && state.Last is not { Verdict: Verdict, Reason: JobTicket.CatchUp } };
}
