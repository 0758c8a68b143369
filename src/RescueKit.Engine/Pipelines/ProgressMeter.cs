namespace RescueKit.Engine.Pipelines;

/// <summary>
/// Reports a run's progress a few times a second. Bytes processed are scaled by the share of what was written that has reached stable
/// storage: a cache full of unwritten bytes is not progress.
/// </summary>
public sealed class ProgressMeter : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(6);

    private readonly TimeProvider _clock;
    private readonly Action<RunProgress>? _report;
    private readonly Func<long, int?> _partitionAt;
    private readonly long _start;
    private readonly ITimer? _timer;
    private readonly Lock _lock = new();
    private readonly Queue<(long Time, long Done)> _samples = new();
    private string _phase = "reading";
    private long _total;
    private long _processed;
    private long _unreadable;
    private long _read;
    private long _position = -1;
    private Func<double> _durable = () => 1;

    /// <param name="partitionAt">The partition that holds a disk offset; null in gaps.</param>
    public ProgressMeter(TimeProvider clock, Action<RunProgress>? report, Func<long, int?> partitionAt)
    {
        _clock = clock;
        _report = report;
        _partitionAt = partitionAt;
        _start = clock.GetTimestamp();
        if (report is not null) _timer = clock.CreateTimer(_ => Report(), null, Interval, Interval);
    }

    /// <param name="total">Bytes that this phase has to process; progress begins at zero again.</param>
    /// <param name="durable">The share, 0 to 1, of the bytes written in this phase that has reached stable storage.</param>
    public void Begin(string phase, long total, Func<double>? durable = null)
    {
        lock (_lock)
        {
            _phase = phase;
            _total = total;
            _processed = 0;
            _position = -1;
            _durable = durable ?? (() => 1);
            _samples.Clear();
        }
        Report();
    }

    /// <summary>Another name for what is being done, with the counts going on.</summary>
    public void Rename(string phase)
    {
        lock (_lock) _phase = phase;
    }

    public void Add(long bytes, long position)
    {
        Interlocked.Add(ref _processed, bytes);
        Interlocked.Exchange(ref _position, position);
    }

    /// <summary>For phases that count on their own: bytes processed so far.</summary>
    public void Set(long bytes) => Interlocked.Exchange(ref _processed, bytes);

    /// <summary>All of the phase is done: its total was an estimate, and is known now.</summary>
    public void End()
    {
        lock (_lock) _total = Interlocked.Read(ref _processed);
    }

    public void AddUnreadable(long bytes) => Interlocked.Add(ref _unreadable, bytes);

    /// <summary>Content that has been taken from the source, over all phases.</summary>
    public long ReadBytes => Interlocked.Read(ref _read);

    public void AddRead(long bytes) => Interlocked.Add(ref _read, bytes);

    /// <summary>Reports once more, so that what is shown last is how things ended.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        Report();
    }

    private void Report()
    {
        if (_report is null) return;
        RunProgress progress;
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            var done = (long)(Interlocked.Read(ref _processed) * Math.Clamp(_durable(), 0, 1));
            if (_total > 0) done = Math.Min(done, _total);
            _samples.Enqueue((now, done));
            while (_samples.Count > 2 && _clock.GetElapsedTime(_samples.Peek().Time, now) > Window) _samples.Dequeue();
            var (time, before) = _samples.Peek();
            var span = _clock.GetElapsedTime(time, now).TotalSeconds;
            var rate = span > 0 ? Math.Max(0, (done - before) / span) : 0;
            var position = Interlocked.Read(ref _position);
            TimeSpan? remaining = rate > 0 && _total > 0 ? TimeSpan.FromSeconds(Math.Min(Math.Max(0, _total - done) / rate, 1e9)) : null;
            progress = new RunProgress(
                _phase, done, _total, rate, _clock.GetElapsedTime(_start, now), remaining, Interlocked.Read(ref _unreadable))
            {
                Partition = position < 0 ? null : _partitionAt(position),
            };
        }
        _report(progress);
    }
}
