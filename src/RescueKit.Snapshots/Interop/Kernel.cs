using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RescueKit.Snapshots.Interop;

/// <summary>
/// The calls that freezing is made of. Numbers: linux/fs.h, linux/dm-ioctl.h, linux/loop.h, linux/memfd.h; the same on x86-64 and ARM64 but
/// where noted.
/// </summary>
internal static unsafe partial class Kernel
{
    private const string Library = "libc";

    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;

    public const nuint Freeze = 0xc0045877;
    public const nuint Thaw = 0xc0045878;
    public const nuint SetReadOnly = 0x125d;

    public const int Interrupted = 4;
    public const int NoSuchDevice = 6;
    public const int Busy = 16;
    public const int Invalid = 22;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string Reason(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>O_TMPFILE contains O_DIRECTORY, which differs between x86 and ARM.</summary>
    public static int UnnamedFile => 0x400000 | Directory;
    public static int Directory => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRaw(string path, int flags, int mode);

    /// <summary>Null on failure. What is made is for its owner alone.</summary>
    public static SafeFileHandle? Open(string path, int flags)
    {
        while (true)
        {
            var descriptor = OpenRaw(path, flags | CloseOnExec, 0x180);
            if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
            if (LastError != Interrupted) return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenMemory(string name, uint flags);

    /// <summary>A file in memory that has no name and goes with its last user.</summary>
    public static SafeFileHandle? OpenMemory(string name) => OpenMemory(name, 1) is >= 0 and var descriptor ? new SafeFileHandle(descriptor, ownsHandle: true) : null;

    [LibraryImport(Library, EntryPoint = "ftruncate64", SetLastError = true)]
    public static partial int Truncate(SafeFileHandle file, long length);

    [LibraryImport(Library, EntryPoint = "fallocate64", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Look(SafeFileHandle folder, string name, int flags, uint wanted, byte* into);

    /// <summary>Bytes that a file takes where it lies, holes left out; 0 where that cannot be told. Layout: linux/stat.h (struct statx).</summary>
    public static long SizeOnDisk(SafeFileHandle file)
    {
        const int emptyPath = 0x1000, length = 256, blocksAt = 48;
        const uint blocks = 0x400;
        var into = stackalloc byte[length];
        return Look(file, "", emptyPath, blocks, into) == 0 ? *(long*)(into + blocksAt) * 512 : 0;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);

    /// <summary>Does not wait; false where another process has it. The lock goes with the process.</summary>
    public static bool TryLock(SafeFileHandle file) => Lock(file, 2 | 4) == 0;

    /// <summary>Whoever else shares the descriptor has the lock no more, either.</summary>
    public static void Unlock(SafeFileHandle file) => _ = Lock(file, 8);

    [LibraryImport(Library, EntryPoint = "mlockall", SetLastError = true)]
    private static partial int LockMemory(int flags);

    /// <summary>Brings everything that the process has mapped into memory and keeps it there: it needs no disk from then on.</summary>
    public static bool LockMemory() => LockMemory(1) == 0;

    [LibraryImport(Library, EntryPoint = "mmap64", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, long offset);

    /// <summary>Memory that is shared with every process which maps the same file. Null on failure.</summary>
    public static byte* Share(SafeFileHandle file, int length)
    {
        var at = Map(null, (nuint)length, 3, 1, (int)file.DangerousGetHandle(), 0);
        return (nint)at == -1 ? null : (byte*)at;
    }

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);

    public static void Unshare(byte* shared, int length) => _ = Unmap(shared, (nuint)length);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);

    public static bool IsAlive(int process) => process > 0 && Signal(process, 0) == 0;

    /// <summary>Asks a process to end.</summary>
    public static bool Terminate(int process) => process > 0 && Signal(process, 15) == 0;

    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int file, int onto);

    /// <summary>Output and errors go nowhere from now on, and the input ends.</summary>
    public static void CloseStandardStreams()
    {
        using var nothing = Open("/dev/null", ReadWrite);
        for (var stream = 0; nothing is not null && stream < 3; stream++) _ = Duplicate((int)nothing.DangerousGetHandle(), stream);
    }

    [LibraryImport(Library, EntryPoint = "setsid", SetLastError = true)]
    public static partial int LeaveSession();

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int File;
        public short Wanted;
        public short Got;
    }

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int file, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, byte* buffer, nuint count);

    /// <summary>Reads what is there from a pipe. -1: nothing within the time; 0: its end, or an error.</summary>
    public static int Read(int file, Span<byte> buffer, int milliseconds)
    {
        var entry = new PollEntry { File = file, Wanted = 1 };
        var ready = Poll(&entry, 1, milliseconds);
        if (ready == 0 || (ready < 0 && LastError == Interrupted)) return -1;
        if (ready < 0) return 0;
        fixed (byte* start = buffer)
        {
            var count = Read(file, start, (nuint)buffer.Length);
            return count < 0 ? LastError == Interrupted ? -1 : 0 : (int)count;
        }
    }

    public static bool Write(int file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                var count = Write(file, start, (nuint)bytes.Length);
                if (count < 0 && LastError != Interrupted) return false;
                if (count > 0) bytes = bytes[(int)count..];
            }
        }
        return true;
    }
}
