using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>
/// A source that is read with at most so many bytes per second, over all threads together, so that whoever else needs the disk gets it. Wraps the
/// source, so that nothing above knows. Time in which nobody reads is not made up for.
/// </summary>
/// <param name="bytesPerSecond">More than 0.</param>
internal sealed class RateLimitedSource(IBlockSource source, long bytesPerSecond, TimeProvider clock) : IBlockSource
{
    /// <summary>So much at once is allowed after a pause: a timer's grain must not cost rate.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(200);

    /// <summary>A large request is not one long silence.</summary>
    private const int Piece = 256 << 10;

    private readonly Lock _lock = new();
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _free;

    public string Name => source.Name;
    public long Length => source.Length;
    public DiskGeometry Geometry => source.Geometry;

    /// <summary>Set when the run ends, so that no read goes on waiting.</summary>
    public CancellationToken Cancel { get; set; }

    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var take = Math.Min(buffer.Length, Piece);
            Wait(take);
            source.Read(offset, buffer[..take]);
            offset += take;
            buffer = buffer[take..];
        }
    }

    public ExtentSet DataIn(Extent window) => source.DataIn(window);

    public void Dispose() => source.Dispose();

    private void Wait(int bytes)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = clock.GetElapsedTime(_start);
            if (_free < now - Slack) _free = now - Slack;
            wait = _free - now;
            _free += TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        }
        if (wait > TimeSpan.Zero) Task.Delay(wait, clock, Cancel).GetAwaiter().GetResult();
    }
}
