using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>
/// Appends to one part. Small appends are gathered (FUSE and network file systems pay for each write); large ones go to the kernel
/// from where they are. After a failed write or sync it takes nothing more: the tail is torn and a resume will cut it.
/// </summary>
internal sealed class FilePartWriter : IPartWriter
{
    private const int GatherSize = 1 << 20;

    /// <summary>From here on a copy costs more than a call.</summary>
    private const int LargeAppend = 64 << 10;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly AlignedBuffer _gathered = new(GatherSize);
    private WriteBehind _behind;
    private readonly SyncState _sync;

    /// <summary>The disk below, in sysfs; null where there is not one disk. Asked before anything fails: a server that went away would be waited for.</summary>
    private readonly string? _disk;
    private int _gatheredLength;
    private long _position;
    private bool _folderSynced;
    private DeviceException? _writeFailure;

    public FilePartWriter(SafeFileHandle file, string path, string name, long length, bool isNew)
    {
        (_file, _path, Name, _position, _folderSynced) = (file, path, name, length, !isNew);
        _behind = new WriteBehind(file, length);
        _sync = new SyncState(path);
        _disk = LibC.Stat(file) is { HolderMajor: not 0 } status ? $"/sys/dev/block/{status.HolderMajor}:{status.HolderMinor}" : null;
    }

    public string Name { get; }
    public long Length => _position + _gatheredLength;
    public long DurableBytes => _behind.Durable;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        ThrowIfFailed();
        if (bytes.Length >= LargeAppend)
        {
            Drain();
            Put(bytes);
            return;
        }
        if (_gatheredLength + bytes.Length > GatherSize) Drain();
        bytes.CopyTo(_gathered.Span[_gatheredLength..]);
        _gatheredLength += bytes.Length;
    }

    public void Cut(long length)
    {
        if (length < 0 || length > Length) throw new ArgumentOutOfRangeException(nameof(length), length, $"{_path} has only {Length} bytes");
        ThrowIfFailed();
        Drain();
        if (LibC.Truncate(_file, length) != 0) throw Errno.Failed($"cut {_path} to {length} bytes", LibC.LastError);
        _position = length;
        _behind = new WriteBehind(_file, length);
    }

    /// <summary>Lets the file grow for a moment: file systems behind FUSE, CIFS or 9p do not say what they allow.</summary>
    public bool CanHold(long length)
    {
        ThrowIfFailed();
        if (length <= Length) return true;
        // Asking the kernel for more than that would kill the process.
        if (length > FileSizeLimits.OfProcess) return false;
        Drain();
        var errno = LibC.Truncate(_file, length) == 0 ? 0 : LibC.LastError;
        if (LibC.Truncate(_file, _position) != 0) throw Errno.Failed($"cut {_path} to {_position} bytes", LibC.LastError);
        return errno is not (Errno.FileTooLarge or Errno.Invalid);
    }

    public void Flush()
    {
        ThrowIfFailed();
        Drain();
        var mark = _behind.Mark();
        if (LibC.SyncData(_file) != 0) throw _sync.Fail(LibC.LastError, IsGone);
        if (!_folderSynced)
        {
            Folders.SyncParent(_path);
            _folderSynced = true;
        }
        _behind.Synced(mark);
    }

    /// <summary>Hands over what was gathered, so that an interrupted image is as long as it can be; promises nothing.</summary>
    public void Dispose()
    {
        if (_file.IsClosed) return;
        var hasFailed = _writeFailure is not null || _sync.HasFailed;
        try
        {
            if (!hasFailed) Drain();
        }
        catch (DeviceException)
        {
            // Whoever needed these bytes to be there called Flush before.
        }
        finally
        {
            // Closing lets go too; where writing has failed, each further call may wait for a server that went away.
            if (!hasFailed) FileLocks.Release(_file);
            _file.Dispose();
            ((IDisposable)_gathered).Dispose();
        }
    }

    private void Drain()
    {
        if (_gatheredLength == 0) return;
        var length = _gatheredLength;
        _gatheredLength = 0;
        Put(_gathered.Span[..length]);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        try
        {
            PosixIo.Write(_file, _path, _position, bytes, IsGone);
        }
        catch (DeviceException failure)
        {
            _writeFailure = failure.Errno == Errno.FileTooLarge ? TooLarge(failure) : failure;
            if (_writeFailure != failure) throw _writeFailure;
            throw;
        }
        _position += bytes.Length;
        if (_behind.Wrote(bytes.Length) is var errno and not 0) throw _sync.Fail(errno, IsGone);
    }

    /// <summary>A file system whose disk was pulled says no more than EIO; the kernel shows the disk no longer. Those without one disk have major number 0.</summary>
    private bool IsGone() => _disk is not null && !Directory.Exists(_disk);

    private DeviceException TooLarge(DeviceException failure)
    {
        var length = LibC.Stat(_file)?.Length ?? _position;
        return new DeviceException($"{_path} cannot grow beyond {length} bytes: {failure.Message}",
            $"Go on with --resume --split {Math.Max(1, length >> 20)}M or less: smaller parts fit.", failure)
        { Errno = failure.Errno };
    }

    private void ThrowIfFailed()
    {
        _sync.ThrowIfFailed();
        if (_writeFailure is { } failure)
            throw new DeviceException($"{_path} takes no more after a failed write: {failure.Message}", failure.Remedy, failure) { Errno = failure.Errno };
    }
}
