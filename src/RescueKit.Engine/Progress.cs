namespace RescueKit.Engine;

/// <summary>Where a run stands. Bytes; <see cref="DoneBytes"/> counts what has reached stable storage, not the page cache.</summary>
/// <param name="Phase">"unpacking", "reading", "reading bad areas", "writing", "writing boot sectors", "verifying", "syncing".</param>
/// <param name="TotalBytes">Used bytes to process; 0 while unknown.</param>
/// <param name="Rate">Bytes per second over the last few seconds.</param>
/// <param name="Remaining">Null while unknown.</param>
public readonly record struct RunProgress(
    string Phase, long DoneBytes, long TotalBytes, double Rate, TimeSpan Elapsed, TimeSpan? Remaining, long UnreadableBytes)
{
    /// <summary>The partition being worked on; null in gaps.</summary>
    public int? Partition { get; init; }
}
