using RescueKit.Snapshots.Quiescence;
using RescueKit.Testing.Fakes;

namespace RescueKit.Snapshots.Tests.Quiescence;

/// <summary>Volumes that are written to at times that are known beforehand.</summary>
internal sealed class FakeStatistics(ManualClock clock) : IBlockStatistics
{
    private readonly long _start = clock.GetTimestamp();

    /// <summary>When which volume gets a write.</summary>
    public List<(string Number, double Second)> Writes { get; } = [];

    /// <summary>When which volume has a write on its way.</summary>
    public List<(string Number, double From, double To)> Flights { get; } = [];
    public List<string>? Log { get; init; }
    public bool IsBlind { get; init; }

    public BlockActivity? Read(string number)
    {
        Log?.Add($"looked at {number}");
        if (IsBlind) return null;
        var now = clock.GetElapsedTime(_start).TotalSeconds;
        return new BlockActivity(Writes.Count(write => write.Number == number && write.Second <= now), Flights.Count(flight => flight.Number == number && flight.From <= now && now < flight.To));
    }
}
