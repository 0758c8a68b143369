using RescueKit.Model;

namespace RescueKit.Engine.Receipts;

/// <summary>What an exception means for a run.</summary>
internal static class Failures
{
    /// <summary>A disk that was opened as cold was not: what was read of it does not fit together.</summary>
    public static DeviceException SourceChanged(string name, string how) => new(
        $"{name} was written to by something else while it was read ({how}), so what was read does not fit together",
        "find out what writes to the disk, and stop it");

    /// <summary>
    /// The same error, saying also in what state it left things. What helps against the error itself comes first: whoever only starts again
    /// meets it again.
    /// </summary>
    public static Exception With(Exception e, Aftermath aftermath)
    {
        var message = $"{e.Message}; {aftermath.State}";
        var remedy = Both((e as RescueKitException)?.Remedy, aftermath.Remedy);
        return e switch
        {
            OperationCanceledException cancelled => new RunCancelledException(aftermath.State, aftermath.Remedy, e, cancelled.CancellationToken),
            BlockReadException read => new BlockReadException(message, read.Extent, remedy, e) { Errno = read.Errno },
            BlockWriteException write => new BlockWriteException(message, write.Extent, remedy, e) { Errno = write.Errno },
            NoSpaceException full => new NoSpaceException(message, remedy, e) { Errno = full.Errno },
            DeviceGoneException gone => new DeviceGoneException(message, remedy, e) { Errno = gone.Errno },
            SnapshotException snapshot => new SnapshotException(message, remedy, e) { Errno = snapshot.Errno },
            DeviceException device => new DeviceException(message, remedy, e) { Errno = device.Errno },
            ImageDamagedException => new ImageDamagedException(message, remedy, e),
            ImageIncompleteException => new ImageIncompleteException(message, remedy),
            ImageMismatchException => new ImageMismatchException(message, remedy),
            SafetyException => new SafetyException(message, remedy),
            UsageException => new UsageException(message, remedy),
            IOException => new IOException(message, e),
            UnauthorizedAccessException => new UnauthorizedAccessException(message, e),
            _ => e,
        };
    }

    private static string? Both(string? first, string? then) =>
        first is null || then is null ? first ?? then : $"{first.TrimEnd('.')}; then {then}";
}
