using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>How a run, or the program, ends (DESIGN §5). The one place that knows which exception means which code.</summary>
public static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Image = 3;
    public const int Refused = 4;
    public const int DoneWithLosses = 5;
    public const int Cancelled = 130;

    public static int Of(Exception exception) => exception switch
    {
        UsageException => Usage,
        ImageException => Image,
        SafetyException => Refused,
        OperationCanceledException => Cancelled,
        AggregateException { InnerExceptions: [var only] } => Of(only),
        _ => Failed,
    };
}
