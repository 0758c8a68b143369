using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Errors;

/// <summary>What a person (or, with --json, a program) is told of an error. Documented in JSON.md.</summary>
/// <param name="Error">What failed, to which disk or file and where.</param>
/// <param name="Kind">One of the stable words of JSON.md.</param>
/// <param name="Remedy">What to do next; null where nothing better than the error itself is known.</param>
/// <param name="Offset">Bytes: where on the disk, with <paramref name="Length"/>, if a range failed.</param>
internal sealed record ErrorInfo(string Error, string Kind, string? Remedy, int ExitCode, long? Offset = null, long? Length = null)
{
    /// <summary>Of the run that failed; null where none had begun.</summary>
    public Receipt? Receipt { get; init; }

    public static ErrorInfo Of(Exception exception)
    {
        // What a host said is said here in its own words.
        if (exception is HostException { Problem: var said }) return new(said.Error, said.Kind, said.Remedy, said.ExitCode);
        var code = ExitCodes.Of(exception);
        return exception switch
        {
            BlockReadException e => new(e.Message, "read", e.Remedy, code, e.Extent.Offset, e.Extent.Length),
            BlockWriteException e => new(e.Message, "write", e.Remedy, code, e.Extent.Offset, e.Extent.Length),
            RescueKitException e => new(e.Message, KindOf(e), e.Remedy, code),
            RunCancelledException e => new(e.Message, "cancelled", e.Remedy, code),
            OperationCanceledException => new("cancelled", "cancelled", null, code),
            AggregateException { InnerExceptions: [var only] } => Of(only),
            DllNotFoundException e => new(OneLine($"a library is missing: {e.Message}"), "library", "install liblz4-1 and libzstd1", code),
            IOException or UnauthorizedAccessException => new(OneLine(exception.Message), "io", null, code),
            _ => new(OneLine($"internal error: {exception.GetType().Name}: {exception.Message}"), "internal",
                "set RESCUEKIT_DEBUG=1 to see where, and report it with the command that you gave", code),
        };
    }

    private static string KindOf(RescueKitException exception) => exception switch
    {
        UsageException => "usage",
        SafetyException => "safety",
        NotAnImageException => "not_an_image",
        ImageIncompleteException => "image_incomplete",
        ImageDamagedException => "image_damaged",
        ImageUnsupportedException => "image_unsupported",
        ImageMismatchException => "image_mismatch",
        WrongPassphraseException => "wrong_passphrase",
        ImageException => "image",
        NoSpaceException => "no_space",
        SnapshotException => "snapshot",
        DeviceGoneException => "device_gone",
        _ => "device",
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
