using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RescueKit.Disks.Interop;

/// <summary>
/// The few calls of the C library that .NET has no door to. Everything here is 64-bit Linux; constants are from the kernel's
/// uapi headers (fcntl.h, fs.h, falloc.h, stat.h, magic.h). A negative result leaves the cause in <see cref="LastError"/>.
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int PathOnly = 0x200000;
    public const int CloseOnExec = 0x80000;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>O_DIRECT and O_DIRECTORY are swapped between x86 and ARM.</summary>
    public static int Direct => s_arm ? 0x10000 : 0x4000;
    public static int Directory => s_arm ? 0x4000 : 0x10000;

    public const int SeekData = 3;
    public const int SeekHole = 4;

    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int Unlock = 8;

    public const int FallocateKeepSize = 1;
    public const int FallocatePunchHole = 2;
    public const int FallocateZeroRange = 16;

    public const uint SyncWaitBefore = 1;
    public const uint SyncWrite = 2;

    public const int AdviseSequential = 2;
    public const int AdviseDontNeed = 4;

    public const nuint BlkRoGet = 0x125e;
    public const nuint BlkRereadTable = 0x125f;
    public const nuint BlkFlushBuffers = 0x1261;
    public const nuint BlkLogicalSectorSize = 0x1268;
    public const nuint BlkDiscard = 0x1277;
    public const nuint BlkPhysicalSectorSize = 0x127b;
    public const nuint BlkZeroOut = 0x127f;
    public const nuint BlkGetSize64 = 0x80081272;

    public static int LastError => Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRaw(string path, int flags, int mode);

    /// <summary>Null on failure. Files are created for their owner alone: an image holds everything that the disk held.</summary>
    public static SafeFileHandle? Open(string path, int flags, int mode = 0x180)
    {
        while (true)
        {
            var descriptor = OpenRaw(path, flags | CloseOnExec, mode);
            if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
            if (LastError != Errno.Interrupted) return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "pread64", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite64", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "lseek64", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "ftruncate64", SetLastError = true)]
    public static partial int Truncate(SafeFileHandle file, long length);

    [LibraryImport(Library, EntryPoint = "fallocate64", SetLastError = true)]
    public static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport(Library, EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport(Library, EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(Library, EntryPoint = "posix_fadvise64")]
    public static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport(Library, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport(Library, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    private const int MayWrite = 2;

    public static bool CanWrite(string path) => Access(path, MayWrite) == 0;

    [LibraryImport(Library, EntryPoint = "getrlimit64", SetLastError = true)]
    private static partial int GetLimit(int resource, ulong* currentAndHighest);

    private const int FileSizeLimit = 1;

    /// <summary>RLIMIT_FSIZE in bytes; null where there is no limit.</summary>
    public static long? LargestFile()
    {
        var limits = stackalloc ulong[2];
        return GetLimit(FileSizeLimit, limits) == 0 && limits[0] <= long.MaxValue ? (long)limits[0] : null;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatRaw(int folder, string path, int flags, uint mask, FileStatus* status);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatRaw(SafeFileHandle file, string path, int flags, uint mask, FileStatus* status);

    [LibraryImport(Library, EntryPoint = "statfs64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFileSystemRaw(string path, FileSystemStatus* status);

    private const int AtCurrentFolder = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint StatBasic = 0x7ff;

    /// <summary>Follows symbolic links. Null on failure.</summary>
    public static FileStatus? Stat(string path)
    {
        FileStatus status;
        return StatRaw(AtCurrentFolder, path, 0, StatBasic, &status) == 0 ? status : null;
    }

    /// <summary>The path with every symbolic link followed (as realpath does), asked from the kernel; null when missing.</summary>
    public static string? RealPath(string path)
    {
        using var file = Open(path, PathOnly);
        return file is null ? null : new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget;
    }

    public static FileStatus? Stat(SafeFileHandle file)
    {
        FileStatus status;
        return StatRaw(file, "", AtEmptyPath, StatBasic, &status) == 0 ? status : null;
    }

    public static FileSystemStatus? StatFileSystem(string path)
    {
        FileSystemStatus status;
        return StatFileSystemRaw(path, &status) == 0 ? status : null;
    }

    public static long? ControlInt64(SafeFileHandle file, nuint request)
    {
        long value = 0;
        return Control(file, request, &value) == 0 ? value : null;
    }

    public static int? ControlInt32(SafeFileHandle file, nuint request)
    {
        var value = 0;
        return Control(file, request, &value) == 0 ? value : null;
    }

    /// <summary>BLKDISCARD and BLKZEROOUT take { start, length } in bytes.</summary>
    public static bool ControlRange(SafeFileHandle file, nuint request, long offset, long length)
    {
        var range = stackalloc ulong[2] { (ulong)offset, (ulong)length };
        return Control(file, request, range) == 0;
    }
}

/// <summary>struct statx of linux/stat.h: the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x100)]
internal struct FileStatus
{
    [FieldOffset(0x1c)] public ushort Mode;
    [FieldOffset(0x20)] public ulong Inode;
    [FieldOffset(0x28)] public long Length;
    [FieldOffset(0x60)] public long ChangedSeconds;
    [FieldOffset(0x68)] public uint ChangedNanoseconds;
    [FieldOffset(0x70)] public long ModifiedSeconds;
    [FieldOffset(0x78)] public uint ModifiedNanoseconds;
    [FieldOffset(0x80)] public uint DeviceMajor;
    [FieldOffset(0x84)] public uint DeviceMinor;
    [FieldOffset(0x88)] public uint HolderMajor;
    [FieldOffset(0x8c)] public uint HolderMinor;

    private readonly int Kind => Mode & 0xf000;
    public readonly bool IsRegular => Kind == 0x8000;
    public readonly bool IsBlockDevice => Kind == 0x6000;
    public readonly bool IsFolder => Kind == 0x4000;
}

/// <summary>struct statfs of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x80)]
internal struct FileSystemStatus
{
    [FieldOffset(0x00)] public long Type;
    [FieldOffset(0x08)] public long BlockSize;
    [FieldOffset(0x20)] public long AvailableBlocks;
    [FieldOffset(0x48)] public long FragmentSize;

    /// <summary>FAT in every variant (MSDOS_SUPER_MAGIC).</summary>
    public const long Fat = 0x4d44;

    public readonly long UnitSize => FragmentSize > 0 ? FragmentSize : BlockSize;
}
