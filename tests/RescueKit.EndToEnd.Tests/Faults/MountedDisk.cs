using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Faults;

/// <summary>A device mounted until disposed.</summary>
internal sealed class MountedDisk : IDisposable
{
    public MountedDisk(string device, string folder, bool readOnly)
    {
        Folder = folder;
        Tool.Must("mount", "-o", readOnly ? "ro,noload" : "rw", device, folder);
    }

    /// <summary>A file system in memory that is full after <paramref name="bytes"/>.</summary>
    public MountedDisk(string folder, long bytes)
    {
        Folder = folder;
        Tool.Must("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", folder);
    }

    public string Folder { get; }

    public void Grow(long bytes) => Tool.Must("mount", "-o", $"remount,size={bytes}", Folder);

    public void Dispose() => Tool.Must("umount", Folder);
}
