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

    /// <summary>The one place that knows which exception means which exit code (DESIGN §5).</summary>
    public static ErrorInfo Of(Exception exception) => exception switch
    {
        UsageException e => new(e.Message, "usage", e.Remedy, ExitCodes.Usage),
        SafetyException e => new(e.Message, "safety", e.Remedy, ExitCodes.Refused),
        NotAnImageException e => new(e.Message, "not_an_image", e.Remedy, ExitCodes.Image),
        ImageIncompleteException e => new(e.Message, "image_incomplete", e.Remedy, ExitCodes.Image),
        ImageDamagedException e => new(e.Message, "image_damaged", e.Remedy, ExitCodes.Image),
        ImageUnsupportedException e => new(e.Message, "image_unsupported", e.Remedy, ExitCodes.Image),
        ImageMismatchException e => new(e.Message, "image_mismatch", e.Remedy, ExitCodes.Image),
        WrongPassphraseException e => new(e.Message, "wrong_passphrase", e.Remedy, ExitCodes.Image),
        ImageException e => new(e.Message, "image", e.Remedy, ExitCodes.Image),
        BlockReadException e => new(e.Message, "read", e.Remedy, ExitCodes.Failed, e.Extent.Offset, e.Extent.Length),
        BlockWriteException e => new(e.Message, "write", e.Remedy, ExitCodes.Failed, e.Extent.Offset, e.Extent.Length),
        NoSpaceException e => new(e.Message, "no_space", e.Remedy, ExitCodes.Failed),
        DeviceGoneException e => new(e.Message, "device_gone", e.Remedy, ExitCodes.Failed),
        RescueKitException e => new(e.Message, "device", e.Remedy, ExitCodes.Failed),
        RunCancelledException e => new(e.Message, "cancelled", e.Remedy, ExitCodes.Cancelled),
        OperationCanceledException => new("cancelled", "cancelled", null, ExitCodes.Cancelled),
        AggregateException { InnerExceptions: [var only] } => Of(only),
        DllNotFoundException e => new(OneLine($"a library is missing: {e.Message}"), "library", "install liblz4-1 and libzstd1", ExitCodes.Failed),
        IOException or UnauthorizedAccessException => new(OneLine(exception.Message), "io", null, ExitCodes.Failed),
        _ => new(OneLine($"internal error: {exception.GetType().Name}: {exception.Message}"), "internal",
            "set RESCUEKIT_DEBUG=1 to see where, and report it with the command that you gave", ExitCodes.Failed),
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
