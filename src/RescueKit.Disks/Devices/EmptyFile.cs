using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>An empty file that is open and held, to become a target: nothing in it can be lost, and it stays the file that it is.</summary>
public sealed class EmptyFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private bool _handedOn;

    internal EmptyFile(SafeFileHandle file, string path) => (_file, _path) = (file, path);

    /// <summary>The file with <paramref name="length"/> bytes, all of them known to be zero. What is here now belongs to the target.</summary>
    /// <exception cref="SafetyException">Something was written into it meanwhile.</exception>
    /// <exception cref="DeviceException">Its file system cannot hold a file of that length.</exception>
    public IBlockTarget Grow(long length)
    {
        MustBeEmpty();
        if (LibC.Truncate(_file, length) != 0) throw Errno.Failed($"make {_path} {length} bytes long", LibC.LastError);
        _handedOn = true;
        return new FileTarget(_file, _path, length, isNew: true);
    }

    public void Dispose()
    {
        if (_handedOn) return;
        FileLocks.Release(_file);
        _file.Dispose();
    }

    internal void MustBeEmpty()
    {
        if (LibC.Stat(_file) is not { IsRegular: true, Length: 0 })
            throw new SafetyException($"{_path} is not empty any more: something else has written to it", "Look at what it is, then start again.");
    }
}
