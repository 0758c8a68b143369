using RescueKit.Model;

namespace RescueKit.Engine.Receipts;

/// <summary>What an exception means for a run.</summary>
internal static class Failures
{
    /// <summary>DESIGN §5.</summary>
    public static int ExitCode(Exception e) => e switch
    {
        UsageException => 2,
        ImageException => 3,
        SafetyException => 4,
        OperationCanceledException => 130,
        _ => 1,
    };

    /// <summary>A disk that was opened as cold was not: what was read of it does not fit together.</summary>
    public static DeviceException SourceChanged(string name, Extent where) => new(
        $"{name} was written to by something else while it was read (at offset {where.Offset}), so what was read does not fit together",
        "find out what writes to the disk, and start again from the beginning");

    /// <summary>The same error, saying also in what state it left things and what to do now.</summary>
    public static Exception With(Exception e, string state, string remedy)
    {
        var message = $"{e.Message}; {state}";
        return e switch
        {
            OperationCanceledException cancelled => new OperationCanceledException($"cancelled; {state}; {remedy}", e, cancelled.CancellationToken),
            BlockReadException read => new BlockReadException(message, read.Extent, remedy, e) { Errno = read.Errno },
            BlockWriteException write => new BlockWriteException(message, write.Extent, remedy, e) { Errno = write.Errno },
            NoSpaceException full => new NoSpaceException(message, remedy, e) { Errno = full.Errno },
            DeviceGoneException gone => new DeviceGoneException(message, remedy, e) { Errno = gone.Errno },
            DeviceException device => new DeviceException(message, remedy, e) { Errno = device.Errno },
            ImageDamagedException => new ImageDamagedException(message, remedy, e),
            _ => e,
        };
    }
}
