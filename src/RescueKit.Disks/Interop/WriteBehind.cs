using Microsoft.Win32.SafeHandles;

namespace RescueKit.Disks.Interop;

/// <summary>
/// Keeps the dirty pages of one file bounded and counts what has really been written. Without it a fast writer fills the page
/// cache with gigabytes, progress runs ahead of a slow stick, and the last sync takes minutes.
/// </summary>
/// <remarks>
/// Two windows, of so many bytes or so much time: while the pages of one are under way to the disk, the next fills. The writer that
/// completes a window waits for the one before (sync_file_range waits for pages, never for the disk's own cache, so only a sync makes
/// bytes durable against a power cut; for progress "on their way and accepted" is what counts).
/// </remarks>
internal sealed class WriteBehind(SafeFileHandle file, long alreadyDurable = 0, TimeProvider? clock = null)
{
    private const long Window = 32L << 20;

    /// <summary>A slow source fills the bytes of a window too seldom for a person who watches.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private long _lastStart = (clock ?? TimeProvider.System).GetTimestamp();
    private long _written = alreadyDurable;
    private long _started = alreadyDurable;
    private long _durable = alreadyDurable;
    private bool _unsupported;

    public long Durable => Interlocked.Read(ref _durable);

    /// <summary>Called after bytes were handed to the kernel.</summary>
    /// <returns>0, or the errno with which an earlier write failed on its way to the disk.</returns>
    public int Wrote(long bytes)
    {
        var written = Interlocked.Add(ref _written, bytes);
        if (!IsFull(written) || _unsupported) return 0;
        lock (_lock)
        {
            written = Interlocked.Read(ref _written);
            if (!IsFull(written)) return 0;
            if (LibC.SyncRange(file, 0, 0, LibC.SyncWaitBefore) != 0) return Failed();
            Interlocked.Exchange(ref _durable, _started);
            if (LibC.SyncRange(file, 0, 0, LibC.SyncWrite) != 0) return Failed();
            Interlocked.Exchange(ref _started, written);
            Interlocked.Exchange(ref _lastStart, _clock.GetTimestamp());
            return 0;
        }
    }

    /// <summary>What a sync may call durable once it returns: taken before the sync starts.</summary>
    public long Mark() => Interlocked.Read(ref _written);

    public void Synced(long mark)
    {
        lock (_lock)
        {
            if (mark > _started) Interlocked.Exchange(ref _started, mark);
            if (mark > _durable) Interlocked.Exchange(ref _durable, mark);
        }
    }

    private bool IsFull(long written) =>
        written - Interlocked.Read(ref _started) >= Window || _clock.GetElapsedTime(Interlocked.Read(ref _lastStart)) > s_longest;

    /// <summary>The kernel tells of a failed write once: an errno that is taken for another matter (a server's time-out, as NFS has it) would make the last sync succeed.</summary>
    private int Failed()
    {
        var errno = LibC.LastError;
        _unsupported = Errno.MeansUnsupported(errno);
        return _unsupported ? 0 : errno;
    }
}
