using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.Disks.Interop;

/// <summary>errno values that decide something, and the typed errors they become.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int NotAFolder = 20;
    public const int Invalid = 22;
    public const int TextBusy = 26;
    public const int FileTooLarge = 27;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int NotImplemented = 38;
    public const int NotSupported = 95;
    public const int NetworkUnreachable = 101;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NotConnected = 107;
    public const int Shutdown = 108;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;
    public const int Stale = 116;
    public const int QuotaExceeded = 122;
    public const int NoMedium = 123;

    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>
    /// The device is not there any more, whatever else may be wrong; or the server behind a file of FUSE or a network. A time-out is none: disks that
    /// are there have them too.
    /// </summary>
    public static bool MeansGone(int errno) => errno is NoDevice or NoDeviceOrAddress or NoMedium or Stale or NotConnected or Shutdown
        or ConnectionAborted or ConnectionReset or ConnectionRefused or HostDown or HostUnreachable or NetworkUnreachable;

    public static bool MeansFull(int errno) => errno is NoSpace or QuotaExceeded;

    public static bool MeansUnsupported(int errno) => errno is NotSupported or NotImplemented or Invalid or NotPermitted or 25 /* ENOTTY */;

    /// <summary>Something could not be opened, created, resized or removed: not a matter of sectors.</summary>
    public static DeviceException Failed(string what, int errno)
    {
        var message = $"cannot {what}: {Text(errno)}";
        return errno switch
        {
            NoSpace or QuotaExceeded => new NoSpaceException(message, "Free some room there, or choose another place.") { Errno = errno },
            NoDevice or NoDeviceOrAddress or Stale =>
                new DeviceGoneException(message, "Check that it is plugged in, then try again.") { Errno = errno },
            NoMedium => new DeviceGoneException(message, "Insert a medium, then try again.") { Errno = errno },
            AccessDenied or NotPermitted => new DeviceException(message, "Run as root, or as a user who may read and write it.") { Errno = errno },
            NoEntry or NotAFolder => new DeviceException(message, "Check the path: it has to exist.") { Errno = errno },
            ReadOnlyFileSystem => new DeviceException(message, "Mount that file system writable, or choose another place.") { Errno = errno },
            FileTooLarge => new DeviceException(message,
                "That file system cannot hold a file of this size (FAT stops at 4 GiB): choose another place, or split.")
            { Errno = errno },
            InputOutput => new DeviceException(message, "The disk below it reports errors: look at the kernel log.") { Errno = errno },
            _ => new DeviceException(message) { Errno = errno },
        };
    }
}
