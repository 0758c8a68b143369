using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>A regular file written as a disk.</summary>
/// <param name="isNew">Made by this run: what was never written is zero, and its folder entry needs a sync of its own.</param>
/// <param name="isProved">What is read back has to come from the disk; else the page cache is as good.</param>
internal sealed class FileTarget(SafeFileHandle file, string path, long length, bool isNew, bool isProved = true) : FileSource(file, path, length), IBlockTarget
{
    private readonly WriteBehind _behind = new(file);
    private readonly SyncState _sync = new(path);
    private long _highest;
    private volatile bool _folderSynced = !isNew;

    public bool UnwrittenIsZero { get; } = isNew;
    public long DurableBytes => _behind.Durable;

    /// <remarks>Clean pages are dropped first, so that what is read back comes from the disk wherever the kernel plays along.</remarks>
    public override void Read(long offset, Span<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        if (isProved) _ = LibC.Advise(File, offset, buffer.Length, LibC.AdviseDontNeed);
        base.Read(offset, buffer);
    }

    public void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        _sync.ThrowIfFailed();
        RaiseHighest(offset + buffer.Length);
        PosixIo.Write(File, Name, offset, buffer);
        if (_behind.Wrote(buffer.Length) is var errno and not 0) throw _sync.Fail(errno);
    }

    public void WriteZeros(Extent extent)
    {
        CheckRange(extent.Offset, extent.Length);
        _sync.ThrowIfFailed();
        if (extent.IsEmpty || IsKnownZero(extent)) return;
        if (PunchHole(extent)) return;
        if (LibC.Fallocate(File, LibC.FallocateZeroRange | LibC.FallocateKeepSize, extent.Offset, extent.Length) == 0) return;
        RaiseHighest(extent.End);
        ZeroWriter.Write(extent, (offset, zeros) => PosixIo.Write(File, Name, offset, zeros));
    }

    public bool Discard(Extent extent)
    {
        CheckRange(extent.Offset, extent.Length);
        if (extent.IsEmpty || PunchHole(extent)) return true;
        var errno = LibC.LastError;
        return Errno.MeansUnsupported(errno) ? false : throw PosixIo.WriteFailed(Name, extent, errno, isGone: null);
    }

    public void Flush()
    {
        _sync.ThrowIfFailed();
        var mark = _behind.Mark();
        if (LibC.SyncData(File) != 0) throw _sync.Fail(LibC.LastError);
        if (!_folderSynced)
        {
            Folders.SyncParent(Name);
            _folderSynced = true;
        }
        _behind.Synced(mark);
    }

    /// <summary>Never written in a new file, or a hole: both need nothing. A file system without holes says that all is data.</summary>
    private bool IsKnownZero(Extent extent)
    {
        if (UnwrittenIsZero && extent.Offset >= Interlocked.Read(ref _highest)) return true;
        var data = LibC.Seek(File, extent.Offset, LibC.SeekData);
        return data < 0 ? LibC.LastError == Errno.NoDeviceOrAddress : data >= extent.End;
    }

    private bool PunchHole(Extent extent) =>
        LibC.Fallocate(File, LibC.FallocatePunchHole | LibC.FallocateKeepSize, extent.Offset, extent.Length) == 0;

    private void RaiseHighest(long end)
    {
        long seen;
        while (end > (seen = Interlocked.Read(ref _highest)) && Interlocked.CompareExchange(ref _highest, end, seen) != seen) { }
    }
}
