using System.Diagnostics;

namespace RescueKit.Snapshots.Writers.Processes;

/// <summary>A deadline that several steps share.</summary>
internal sealed class Countdown(TimeSpan limit)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public TimeSpan Left => limit - Stopwatch.GetElapsedTime(_started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
