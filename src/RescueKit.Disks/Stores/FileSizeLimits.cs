using RescueKit.Disks.Interop;

namespace RescueKit.Disks.Stores;

/// <summary>How large a file may become, where that is known beforehand. Bytes; null for no limit known.</summary>
internal static class FileSizeLimits
{
    /// <param name="type">f_type of statfs(2). FAT counts a file's bytes in 32 bits of its directory entry.</param>
    public static long? OfFileSystem(long type) => type == FileSystemStatus.Fat ? (4L << 30) - 1 : null;

    /// <summary>RLIMIT_FSIZE (ulimit -f); a write beyond ends the process by a signal.</summary>
    public static long? OfProcess => LibC.LargestFile();

    /// <summary>The smaller of both.</summary>
    public static long? In(string folder)
    {
        var fileSystem = LibC.StatFileSystem(folder) is { } status ? OfFileSystem(status.Type) : null;
        return OfProcess is { } process ? Math.Min(process, fileSystem ?? long.MaxValue) : fileSystem;
    }
}
