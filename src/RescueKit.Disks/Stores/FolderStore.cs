using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>Image parts as files of one folder.</summary>
public sealed class FolderStore(string folder) : IImageStore
{
    /// <summary>The largest file of FAT: its directory entry counts bytes in 32 bits.</summary>
    private const long LargestFatFile = (4L << 30) - 1;

    public string Location { get; } = folder.Length == 0 ? "." : folder;

    public bool Exists(string name) => LibC.Stat(PathOf(name)) is not null;

    public IReadOnlyList<string> List(string prefix)
    {
        try
        {
            return [.. Directory.EnumerateFiles(Location).Select(path => Path.GetFileName(path)!)
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"cannot list the folder {Location}: {error.Message}", "Check the path and who may read it.", error);
        }
    }

    public IPartReader OpenRead(string name)
    {
        var path = PathOf(name);
        var file = LibC.Open(path, LibC.ReadOnly | LibC.NonBlocking) ?? throw Errno.Failed($"open {path}", LibC.LastError);
        if (LibC.Stat(file) is { IsRegular: true } status) return new FilePartReader(file, path, name, status.Length);
        file.Dispose();
        throw new DeviceException($"cannot open {path}: it is not a file");
    }

    public IPartWriter Create(string name)
    {
        var path = PathOf(name);
        var file = LibC.Open(path, LibC.ReadWrite | LibC.Create | LibC.Exclusive);
        if (file is not null)
        {
            FileLocks.Take(file, path, LibC.LockExclusive);
            return new FilePartWriter(file, path, name, 0, isNew: true);
        }
        throw LibC.LastError is var errno && errno == Errno.Exists
            ? new SafetyException($"{path} exists already", "Choose another name; nothing is ever written over an image.")
            : Errno.Failed($"create {path}", errno);
    }

    public IPartWriter OpenAppend(string name, long length)
    {
        var path = PathOf(name);
        var file = LibC.Open(path, LibC.ReadWrite) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        try
        {
            var present = LibC.Stat(file)?.Length ?? 0;
            if (length < 0 || length > present)
                throw new ArgumentOutOfRangeException(nameof(length), length, $"{path} has only {present} bytes");
            FileLocks.Take(file, path, LibC.LockExclusive);
            if (LibC.Truncate(file, length) != 0) throw Errno.Failed($"cut {path} to {length} bytes", LibC.LastError);
            return new FilePartWriter(file, path, name, length, isNew: false);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Delete(string name)
    {
        var path = PathOf(name);
        if (LibC.Unlink(path) != 0) throw Errno.Failed($"remove {path}", LibC.LastError);
        Folders.Sync(Location);
    }

    public long? FreeBytes => LibC.StatFileSystem(Location) is { UnitSize: > 0 } status && status.AvailableBlocks <= long.MaxValue / status.UnitSize
        ? status.AvailableBlocks * status.UnitSize
        : null;

    public long? MaxPartBytes => LibC.StatFileSystem(Location) is { Type: FileSystemStatus.Fat } ? LargestFatFile : null;

    private string PathOf(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"\"{name}\" is not a plain file name", nameof(name));
        return Path.Combine(Location, name);
    }
}
