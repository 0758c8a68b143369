using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RescueKit.Disks.Interop;

/// <summary>
/// Locks of byte ranges that belong to an open file description (fcntl(2), F_OFD_*): they conflict with those of lockf and fcntl in other
/// programs, which flock does not see, and end with the descriptor.
/// </summary>
internal static unsafe partial class RangeLocks
{
    private const int GetLock = 36;
    private const int SetLock = 37;
    private const short Read = 0;
    private const short Write = 1;
    private const short None = 2;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, Range* range);

    /// <summary>Takes the whole file for writing. False where somebody else holds any of it; true where the file system knows no locks.</summary>
    public static bool TryTakeAll(SafeFileHandle file) => TrySet(file, new Range { Type = Write });

    /// <summary>Takes a byte for reading, so that nobody else can have it for writing.</summary>
    public static bool TryShare(SafeFileHandle file, long offset) => TrySet(file, new Range { Type = Read, Start = offset, Length = 1 });

    public static void ReleaseAll(SafeFileHandle file)
    {
        var range = new Range { Type = None };
        _ = Control(file, SetLock, &range);
    }

    /// <summary>Somebody else holds some of the file for writing.</summary>
    public static bool HasWriter(SafeFileHandle file) => Find(file, new Range { Type = Read }) is not null;

    /// <summary>Start and end (0: no end) of what somebody else holds, in any way, of which one byte is part; null where nobody does.</summary>
    public static (long Start, long End)? HolderOf(SafeFileHandle file, long offset) =>
        Find(file, new Range { Type = Write, Start = offset, Length = 1 }) is { } found
            ? (found.Start, found.Length == 0 ? 0 : found.Start + found.Length)
            : null;

    private static Range? Find(SafeFileHandle file, Range range) => Control(file, GetLock, &range) == 0 && range.Type != None ? range : null;

    private static bool TrySet(SafeFileHandle file, Range range) =>
        Control(file, SetLock, &range) == 0 || LibC.LastError is not (Errno.WouldBlock or Errno.AccessDenied);

    /// <summary>struct flock of 64-bit Linux; what is left out (whence, process) is 0: from the start of the file. Length 0 reaches to its end and beyond.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 0x20)]
    private struct Range
    {
        [FieldOffset(0x00)] public short Type;
        [FieldOffset(0x08)] public long Start;
        [FieldOffset(0x10)] public long Length;
    }
}
