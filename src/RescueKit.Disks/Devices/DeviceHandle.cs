using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>An open block device and what the kernel says of it.</summary>
/// <param name="Length">Whole sectors: what lies behind (a loop file of odd length) cannot be read by any means.</param>
/// <param name="IsDirect">O_DIRECT was granted: transfers are multiples of <paramref name="LogicalSectorSize"/> and pass the page cache by.</param>
/// <param name="SysfsFolder">Its folder below /sys/dev/block; vanishes with the device.</param>
internal sealed record DeviceHandle(
    SafeFileHandle File, string Path, long Length, int LogicalSectorSize, int PhysicalSectorSize, bool IsDirect, string SysfsFolder, string? DiskSequence)
{
    public static DeviceHandle Describe(SafeFileHandle file, string path, FileStatus status, bool isDirect)
    {
        var length = LibC.ControlInt64(file, LibC.BlkGetSize64) ?? throw Errno.Failed($"ask {path} for its size", LibC.LastError);
        var logical = LibC.ControlInt32(file, LibC.BlkLogicalSectorSize) ?? 512;
        var physical = LibC.ControlInt32(file, LibC.BlkPhysicalSectorSize) ?? logical;
        var folder = $"/sys/dev/block/{status.DeviceMajor}:{status.DeviceMinor}";
        return new DeviceHandle(file, path, length - length % logical, logical, Math.Max(logical, physical), isDirect, folder, Sequence(folder));
    }

    /// <summary>A disk that was pulled fails its transfers before the kernel has taken it away.</summary>
    private static readonly TimeSpan s_removal = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Asked after a failed transfer: is the device gone, or are its sectors bad? One that still gives its first or last sector is
    /// there; one that gives neither may be about to vanish and is watched for a moment.
    /// </summary>
    public bool IsGone()
    {
        if (ShowsGone()) return true;
        if (IsReadable(0) || IsReadable(Length - LogicalSectorSize)) return false;
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_removal;)
        {
            Thread.Sleep(50);
            if (ShowsGone()) return true;
        }
        return false;
    }

    /// <summary>
    /// Its sysfs folder is gone or belongs to a later device (the kernel counts attached disks in diskseq), its size became 0, or SCSI
    /// set it offline.
    /// </summary>
    private bool ShowsGone()
    {
        if (LibC.ControlInt64(File, LibC.BlkGetSize64) is null or 0) return true;
        if (Sequence(SysfsFolder) != DiskSequence) return true;
        return ReadLine(System.IO.Path.Combine(SysfsFolder, "device/state")) is "offline" or "transport-offline" or "deleting" or "dead";
    }

    /// <summary>Drops what the page cache holds of it, so that a reader sees the disk. Without effect on a failing device.</summary>
    public unsafe void DropCache() => _ = LibC.Control(File, LibC.BlkFlushBuffers, null);

    private unsafe bool IsReadable(long offset)
    {
        using var sector = new AlignedBuffer(LogicalSectorSize);
        fixed (byte* start = sector.Span) return LibC.Read(File, start, (nuint)LogicalSectorSize, offset) == LogicalSectorSize;
    }

    private static string? Sequence(string folder) => Directory.Exists(folder)
        ? ReadLine(System.IO.Path.Combine(folder, "diskseq")) ?? ReadLine(System.IO.Path.Combine(folder, "../diskseq")) ?? ""
        : null;

    private static string? ReadLine(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
