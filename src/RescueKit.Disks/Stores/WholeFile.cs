using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>
/// A small file that appears under its name whole or not at all: written beside it, synced, renamed. Its place is taken when it is
/// prepared, so that a folder that cannot be written to is found before there is anything to write. Readable by its owner alone.
/// </summary>
public sealed class WholeFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private string? _temporary;

    private WholeFile(SafeFileHandle file, string path, string temporary) => (_file, _path, _temporary) = (file, path, temporary);

    /// <param name="path">What exists there is replaced by <see cref="Commit"/>; where it is a link, what the link leads to.</param>
    /// <exception cref="DeviceException">Its folder is missing or cannot be written to.</exception>
    public static WholeFile Prepare(string path)
    {
        var final = LibC.RealPath(path) ?? Path.GetFullPath(path);
        var temporary = Path.Combine(Path.GetDirectoryName(final) ?? "/", $".{Path.GetRandomFileName()}.new");
        var file = LibC.Open(temporary, LibC.ReadWrite | LibC.Create | LibC.Exclusive) ?? throw Errno.Failed($"write {path}", LibC.LastError);
        return new WholeFile(file, final, temporary);
    }

    /// <exception cref="DeviceException">It cannot be written; what had the name before still has it.</exception>
    public void Commit(ReadOnlySpan<byte> content)
    {
        ObjectDisposedException.ThrowIf(_temporary is null, this);
        PosixIo.Write(_file, _path, 0, content);
        if (LibC.Sync(_file) != 0) throw Errno.Failed($"sync {_path}", LibC.LastError);
        if (LibC.Rename(_temporary, _path) != 0) throw Errno.Failed($"rename {_temporary} to {_path}", LibC.LastError);
        _temporary = null;
        Folders.SyncParent(_path);
    }

    /// <summary>Leaves nothing behind where nothing was committed.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_temporary is not null) _ = LibC.Unlink(_temporary);
        _temporary = null;
    }
}
