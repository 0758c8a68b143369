namespace RescueKit.Cli.Tests.Fakes;

/// <summary>Time that passes when told to.</summary>
internal sealed class FakeClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => _ticks;
    public void Pass(TimeSpan time) => _ticks += time.Ticks;
}
