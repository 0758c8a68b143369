using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>Image parts as files of one folder.</summary>
public sealed class FolderStore(string folder) : IImageStore
{
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
        if (file is not null) return Own(file, path, name, isNew: true);
        throw LibC.LastError is var errno && errno == Errno.Exists
            ? new SafetyException($"{path} exists already", "Choose another name; nothing is ever written over an image.")
            : Errno.Failed($"create {path}", errno);
    }

    public IPartWriter OpenAppend(string name)
    {
        var path = PathOf(name);
        var file = LibC.Open(path, LibC.ReadWrite) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        return Own(file, path, name, isNew: false);
    }

    /// <summary>
    /// After a run whose writes failed (a share that went away) the kernel tells whoever opens the file next of it, once, and may still show pages that
    /// were never stored. What is gone on with is what is really there.
    /// </summary>
    private static void Settle(SafeFileHandle file, string path)
    {
        if (LibC.SyncData(file) != 0 && LibC.SyncData(file) != 0) throw Errno.Failed($"sync {path}", LibC.LastError);
        _ = LibC.Advise(file, 0, 0, LibC.AdviseDontNeed);
    }

    /// <summary>The length counts only once the lock is held: another run may have appended until then.</summary>
    private static FilePartWriter Own(SafeFileHandle file, string path, string name, bool isNew)
    {
        try
        {
            FileLocks.Take(file, path, LibC.LockExclusive);
            if (!isNew) Settle(file, path);
            if (LibC.Stat(file) is not { IsRegular: true } held) throw new DeviceException($"cannot write {path}: it is not a file");
            if (LibC.Stat(path) is not { } named || (named.Inode, named.HolderMajor, named.HolderMinor) != (held.Inode, held.HolderMajor, held.HolderMinor))
                throw new SafetyException($"{path} was taken away by another program", "Find out what else works on that image, then try again.");
            return new FilePartWriter(file, path, name, held.Length, isNew);
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

    public long? MaxPartBytes => FileSizeLimits.In(Location);

    private string PathOf(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"\"{name}\" is not a plain file name", nameof(name));
        return Path.Combine(Location, name);
    }
}
