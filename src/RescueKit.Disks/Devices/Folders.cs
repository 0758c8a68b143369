using RescueKit.Disks.Interop;

namespace RescueKit.Disks.Devices;

/// <summary>A new file survives a power cut only when its folder was synced too.</summary>
internal static class Folders
{
    public static void SyncParent(string path) => Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");

    /// <summary>A file system that cannot sync folders (EINVAL: some network and FUSE ones) has nothing to sync.</summary>
    public static void Sync(string folder)
    {
        using var handle = LibC.Open(folder, LibC.ReadOnly | LibC.Directory);
        if (handle is null) throw Errno.Failed($"open the folder {folder}", LibC.LastError);
        if (LibC.Sync(handle) != 0 && LibC.LastError is var errno && !Errno.MeansUnsupported(errno))
            throw Errno.Failed($"sync the folder {folder}", errno);
    }
}
