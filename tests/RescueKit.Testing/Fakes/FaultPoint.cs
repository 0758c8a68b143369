using RescueKit.Model;

namespace RescueKit.Testing.Fakes;

public enum FaultKind
{
    /// <summary>EIO.</summary>
    InputOutput,
    /// <summary>ENOSPC.</summary>
    Full,
    /// <summary>The device was unplugged.</summary>
    Gone,
    /// <summary>Nothing fails; the person presses Ctrl-C.</summary>
    Cancel,
}

/// <summary>
/// One fault in a sequence of operations: at the one with a given number, counted from 1, or at that one and all that follow. Throws
/// what the real disks and stores throw. Thread-safe.
/// </summary>
/// <param name="at">0 never strikes: for counting.</param>
/// <param name="once">True for a fault that passes: the same operation tried again succeeds.</param>
public sealed class FaultPoint(int at, bool once, FaultKind kind) : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private int _count;
    private int _after;

    /// <summary>Operations seen.</summary>
    public int Count => _count;

    /// <summary>Operations seen after the one that was struck first.</summary>
    public int After => _after;

    public bool Struck { get; private set; }

    /// <summary>For the run, so that <see cref="FaultKind.Cancel"/> has an effect.</summary>
    public CancellationToken Token => _cancel.Token;

    /// <summary>To be called before each operation that counts.</summary>
    public void Pass(string operation, Extent where)
    {
        var count = Interlocked.Increment(ref _count);
        if (at == 0) return;
        if (count > at) Interlocked.Increment(ref _after);
        if (once ? count != at : count < at) return;
        Struck = true;
        if (kind == FaultKind.Cancel) _cancel.Cancel();
        else throw Error(operation, where);
    }

    public void Dispose() => _cancel.Dispose();

    private DeviceException Error(string operation, Extent where) => (kind, operation) switch
    {
        (FaultKind.Full, _) => new NoSpaceException($"injected: {operation} at {where}: no space"),
        (FaultKind.Gone, _) => new DeviceGoneException($"injected: {operation} at {where}: the device is gone"),
        (_, "read") => new BlockReadException($"injected: {operation} at {where}", where),
        (_, "write" or "zero" or "append") => new BlockWriteException($"injected: {operation} at {where}", where),
        _ => new DeviceException($"injected: {operation}"),
    };
}

/// <summary>A source that asks before each read. Does not own the disk below, which many may share.</summary>
public sealed class WatchedSource(IBlockSource disk, Action<string, Extent> before) : IBlockSource
{
    public string Name => disk.Name;
    public long Length => disk.Length;
    public DiskGeometry Geometry => disk.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        before("read", new Extent(offset, buffer.Length));
        disk.Read(offset, buffer);
    }

    public ExtentSet DataIn(Extent window) => disk.DataIn(window);

    public void Dispose() { }
}
