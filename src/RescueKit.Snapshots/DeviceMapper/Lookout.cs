namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>
/// Looks again and again, never twice at once: a look that takes longer than the interval (lvm2's tools on a busy machine, a store on a slow disk) must not
/// have the next ones wait for it, each with a thread of the pool, until nobody is left who reads what those tools say.
/// </summary>
internal sealed class Lookout : IDisposable
{
    private readonly Timer _timer;
    private int _isLooking;

    public Lookout(Action look, TimeSpan interval) => _timer = new Timer(_ =>
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 1) return;
        try
        {
            look();
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }, null, interval, interval);

    /// <summary>A look that has begun goes on.</summary>
    public void Dispose() => _timer.Dispose();
}
