namespace RescueKit.Cli.Errors;

/// <summary>DESIGN §5.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Image = 3;
    public const int Refused = 4;
    public const int DoneWithLosses = 5;
    public const int Cancelled = 130;
}
