namespace RescueKit.Engine.Receipts;

/// <summary>In what state a run that did not come to its end has left things, and what to do about it.</summary>
internal sealed record Aftermath(string State, string? Remedy = null)
{
    public static Aftermath NothingWritten { get; } = new("nothing was written");
}
