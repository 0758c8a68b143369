using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>
/// Remembers that a sync failed. Linux reports a lost write once and then forgets it (the pages are clean again): a second sync that
/// succeeds proves nothing, so nothing more is accepted.
/// </summary>
internal sealed class SyncState(string name)
{
    private volatile DeviceException? _failure;

    public bool HasFailed => _failure is not null;

    public void ThrowIfFailed()
    {
        if (_failure is { } failure) throw Again(failure);
    }

    /// <summary>Records the failure; the first one stays.</summary>
    public DeviceException Fail(int errno, Func<bool>? isGone = null)
    {
        var message = $"cannot bring what was written to {name} onto stable storage: {Errno.Text(errno)}";
        DeviceException failure =
            Errno.MeansFull(errno) ? new NoSpaceException(message, "Free some room there and start again.") { Errno = errno }
            : Errno.MeansGone(errno) || isGone?.Invoke() == true
                ? new DeviceGoneException($"{name} is gone before all that was written to it was safe: it was unplugged, or its server ended ({Errno.Text(errno)})",
                    "Check cable and power, then start again.")
                { Errno = errno }
            : new DeviceException(message, "Bytes were lost on the way and nobody knows which: start again, on another disk if it repeats.") { Errno = errno };
        return Interlocked.CompareExchange(ref _failure, failure, null) ?? failure;
    }

    private DeviceException Again(DeviceException first) =>
        new($"{name} takes no more writes since an earlier sync failed: {first.Message}", first.Remedy, first) { Errno = first.Errno };
}
