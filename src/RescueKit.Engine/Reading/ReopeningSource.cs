using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>
/// A source whose disk may vanish (a loose USB cable) and come back under another name: the read that met it waits for the disk,
/// for a bounded time, and goes on. Wraps the source, so that nothing above knows.
/// </summary>
/// <remarks>
/// Serial numbers do not prove it: USB bridges share theirs, and a clone or a mirror has the same length. A disk that comes back is the
/// one that went only where <see cref="IsSame"/> says so of its content.
/// </remarks>
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

    /// <summary>Compares a disk with what is known of the one that was opened; while it is not set nothing is known, and none is accepted.</summary>
    public Func<IBlockSource, bool>? IsSame { get; set; }

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
            if (IsSame is null) throw cause;
            var start = clock.GetTimestamp();
            var other = "";
            do
            {
                Cancel.ThrowIfCancellationRequested();
                if (find() is { } found)
                {
                    if (IsReturned(found))
                    {
                        _gone.Add(gone); // other threads may still be reading from it
                        _current = found;
                        Returns++;
                        return;
                    }
                    other = $"; {found.Name} looks like it, but is not the same disk";
                    found.Dispose();
                }
                Task.Delay(Between, clock, CancellationToken.None).Wait(Cancel);
            }
            while (clock.GetElapsedTime(start) < patience);
            _givenUp = new DeviceGoneException(
                $"{Name} has vanished and has not come back within {patience.TotalSeconds:0} s{other}", "connect it again and resume", cause);
            throw _givenUp;
        }
    }

    private bool IsReturned(IBlockSource found)
    {
        try
        {
            return found.Length == Length && found.Geometry.Identity.Serial == Geometry.Identity.Serial && IsSame!(found);
        }
        catch (DeviceGoneException)
        {
            return false; // it went again
        }
    }
}
