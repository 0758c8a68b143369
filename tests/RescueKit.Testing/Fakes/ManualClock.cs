namespace RescueKit.Testing.Fakes;

/// <summary>A clock that only moves when it is told to. Timers fire when the clock passes them, on the thread that moves it.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private long _ticks = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).Ticks;

    /// <summary>True moves the clock on by itself whenever somebody waits for it once (Task.Delay).</summary>
    public bool SkipsWaits { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);
    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Advance(TimeSpan span)
    {
        var now = Interlocked.Add(ref _ticks, span.Ticks);
        List<ManualTimer> due;
        lock (_lock) due = [.. _timers.Where(t => t.IsDue(now))];
        foreach (var timer in due) timer.Fire(now);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_lock) _timers.Add(timer);
        if (SkipsWaits && period <= TimeSpan.Zero && dueTime >= TimeSpan.Zero) ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public bool IsDue(long now) => Interlocked.Read(ref _due) <= now;

        public void Fire(long now)
        {
            Interlocked.Exchange(ref _due, _period > TimeSpan.Zero ? now + _period.Ticks : long.MaxValue);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Interlocked.Exchange(ref _due, dueTime < TimeSpan.Zero ? long.MaxValue : clock.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
