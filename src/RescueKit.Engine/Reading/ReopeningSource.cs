using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>
/// A source whose disk may vanish (a loose USB cable) and come back under another name: the read that met it waits for the disk,
/// for a bounded time, and goes on. Wraps the source, so that nothing above knows.
/// </summary>
/// <param name="find">Opens the disk under whatever name it has now; null while it is not there.</param>
internal sealed class ReopeningSource(IBlockSource source, Func<IBlockSource?> find, TimeSpan patience, TimeProvider clock) : IBlockSource
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly List<IBlockSource> _gone = [];
    private volatile IBlockSource _current = source;
    private DeviceGoneException? _givenUp;

    public string Name => _current.Name;
    public long Length { get; } = source.Length;
    public DiskGeometry Geometry => _current.Geometry;

    /// <summary>Set when the run ends, so that no read goes on waiting.</summary>
    public CancellationToken Cancel { get; set; }

    /// <summary>How often it came back.</summary>
    public int Returns { get; private set; }

    public void Read(long offset, Span<byte> buffer)
    {
        while (true)
        {
            var disk = _current;
            try
            {
                disk.Read(offset, buffer);
                return;
            }
            catch (DeviceGoneException e)
            {
                WaitForReturn(disk, e);
            }
        }
    }

    public ExtentSet DataIn(Extent window) => _current.DataIn(window);

    public void Dispose()
    {
        _current.Dispose();
        foreach (var disk in _gone) disk.Dispose();
    }

    private void WaitForReturn(IBlockSource gone, DeviceGoneException cause)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_current, gone)) return;
            if (_givenUp is not null) throw _givenUp;
            var start = clock.GetTimestamp();
            do
            {
                Cancel.ThrowIfCancellationRequested();
                if (find() is { } found)
                {
                    if (found.Length == Length && found.Geometry.Identity.Serial == Geometry.Identity.Serial)
                    {
                        _gone.Add(gone); // other threads may still be reading from it
                        _current = found;
                        Returns++;
                        return;
                    }
                    found.Dispose();
                }
                Task.Delay(Between, clock, CancellationToken.None).Wait(Cancel);
            }
            while (clock.GetElapsedTime(start) < patience);
            _givenUp = new DeviceGoneException(
                $"{Name} has vanished and has not come back within {patience.TotalSeconds:0} s", "connect it again and resume", cause);
            throw _givenUp;
        }
    }
}
