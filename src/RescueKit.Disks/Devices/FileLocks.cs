using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>Keeps two runs off one file: shared for reading, exclusive for writing, for as long as the descriptor is open.</summary>
internal static class FileLocks
{
    /// <exception cref="SafetyException">Another program holds it.</exception>
    public static void Take(SafeFileHandle file, string path, int kind)
    {
        while (LibC.Lock(file, kind | LibC.LockNonBlocking) != 0)
        {
            var errno = LibC.LastError;
            if (errno == Errno.WouldBlock)
                throw new SafetyException($"{path} is in use by another program", "Wait until that run has ended, or choose another file.");
            if (errno != Errno.Interrupted) return; // a file system without locks: nothing to ask
        }
    }

    /// <summary>Said aloud: a process that is just being started shares the descriptor, and closing ours alone would not let go.</summary>
    public static void Release(SafeFileHandle file)
    {
        if (!file.IsClosed) _ = LibC.Lock(file, LibC.Unlock);
    }
}
