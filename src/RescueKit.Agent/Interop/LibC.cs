using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RescueKit.Agent.Interop;

/// <summary>The few calls of Linux that .NET has no counterpart for.</summary>
internal static partial class LibC
{
    private const int LockExclusive = 2;
    private const int LockNow = 4;

    // linux/ioprio.h
    private const int ClassShift = 13;
    private const int ClassBestEffort = 2;
    private const int LockRelease = 8;
    private const int ClassIdle = 3;
    private const int WhoProcess = 1;

    private const int ReadWriteCreateCloseOnExec = 0x80042; // O_RDWR | O_CREAT | O_CLOEXEC

    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const int SetMask = 2; // SIG_SETMASK
    private const int SignalSetBytes = 128; // sigset_t of glibc

    // linux/stat.h (struct statx)
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
    private const int OwnerAt = 20;
    private const int ModeAt = 28;
    private const int StatusBytes = 256;

    public const int Busy = 16;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string LastReason => Marshal.GetLastPInvokeErrorMessage();

    /// <summary>A device node, for reading; null on failure.</summary>
    /// <param name="isExclusive">Fails where something else has it that way, as a mounted file system does.</param>
    public static SafeFileHandle? OpenDevice(string path, bool isExclusive)
    {
        var file = open(path, CloseOnExec | (isExclusive ? Exclusive : 0), 0);
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>ioctl(2).</summary>
    public static int Control(SafeFileHandle file, nuint request, nint argument) => ioctl(file, request, argument);

    /// <summary>The calling thread is interrupted by none any more; others of the process take them.</summary>
    public static unsafe void BlockSignals()
    {
        var all = stackalloc byte[SignalSetBytes];
        new Span<byte>(all, SignalSetBytes).Fill(0xff);
        _ = pthread_sigmask(SetMask, all, null);
    }

    /// <summary>A file of its owner's alone, made where it is missing; null on failure. .NET's own ways of opening one lock it, too.</summary>
    public static SafeFileHandle? OpenForLock(string path)
    {
        var file = open(path, ReadWriteCreateCloseOnExec, 0x180);
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>False where somebody else has it. It is let go when the file is closed, however the process ends.</summary>
    public static bool TryLock(SafeFileHandle file) => flock(file, LockExclusive | LockNow) == 0;

    /// <summary>Lets go at once, also where a process that is being started still has a copy of the descriptor.</summary>
    public static void Unlock(SafeFileHandle file) => _ = flock(file, LockRelease);

    /// <summary>ioprio_set(2): 0 names the calling thread; threads that it begins inherit it.</summary>
    public static bool SetThreadIoPriority(bool isIdle, int level) =>
        Syscall.IoPrioSet is { } number && syscall(number, WhoProcess, 0, ((isIdle ? ClassIdle : ClassBestEffort) << ClassShift) | (isIdle ? 0 : level)) == 0;

    /// <summary>What <see cref="SetThreadIoPriority"/> has set; null where it cannot be told.</summary>
    public static (bool IsIdle, int Level)? ThreadIoPriority()
    {
        if (Syscall.IoPrioGet is not { } number || syscall(number, WhoProcess, 0, 0) is var value && value < 0) return null;
        return (value >> ClassShift == ClassIdle, (int)(value & 7));
    }

    /// <summary>On Linux niceness is the thread's own, and inherited as above.</summary>
    public static bool SetThreadNice(int nice) => setpriority(0, 0, nice) == 0;

    public static int ThreadNice() => getpriority(0, 0);

    public static uint UserId() => geteuid();

    /// <summary>Of an open file; null on failure.</summary>
    public static unsafe (uint Owner, UnixFileMode Mode)? OwnerAndMode(SafeFileHandle file)
    {
        var status = stackalloc byte[StatusBytes];
        return statx(file, "", EmptyPath, TypeModeAndOwner, status) == 0 ? OwnerAndMode(status) : null;
    }

    /// <summary>Symbolic links are followed; null on failure.</summary>
    public static unsafe (uint Owner, UnixFileMode Mode)? OwnerAndMode(string path)
    {
        var status = stackalloc byte[StatusBytes];
        return statx(CurrentFolder, path, 0, TypeModeAndOwner, status) == 0 ? OwnerAndMode(status) : null;
    }

    private static unsafe (uint Owner, UnixFileMode Mode) OwnerAndMode(byte* status) => (*(uint*)(status + OwnerAt), (UnixFileMode)(*(ushort*)(status + ModeAt) & 0xfff));

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(SafeFileHandle file, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport("libc")]
    private static unsafe partial int pthread_sigmask(int how, byte* set, byte* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, uint who, int priority);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getpriority(int which, uint who);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint which, nint who, nint priority);

    /// <summary>Numbers by architecture; null where they are not known.</summary>
    private static class Syscall
    {
        public static nint? IoPrioSet { get; } = By(251, 30);
        public static nint? IoPrioGet { get; } = By(252, 31);

        private static nint? By(nint x64, nint arm64) => RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => x64,
            Architecture.Arm64 => arm64,
            _ => null,
        };
    }
}
