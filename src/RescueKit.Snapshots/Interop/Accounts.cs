using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RescueKit.Snapshots.Interop;

/// <param name="Home">Its home folder.</param>
internal sealed record Account(string Name, uint User, uint Group, string Home);

/// <summary>Users, owners of files, and groups of processes. Layouts: glibc's pwd.h on 64-bit machines; linux/stat.h.</summary>
internal static unsafe partial class Accounts
{
    private const string Library = "libc";
    private const int UserAt = 16, GroupAt = 20, HomeAt = 32;
    private const int EmptyPath = 0x1000, TypeModeAndOwner = 0x1 | 0x2 | 0x8, OwnerAt = 20, ModeAt = 28, StatusBytes = 256;
    private static readonly Lock s_lock = new();

    [LibraryImport(Library, EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* Find(string name);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(SafeFileHandle file, string path, int flags, uint mask, byte* status);

    /// <summary>Null where there is no such user.</summary>
    public static Account? Named(string name)
    {
        lock (s_lock)
        {
            var entry = Find(name);
            return entry is null ? null : new Account(name, *(uint*)(entry + UserAt), *(uint*)(entry + GroupAt), Marshal.PtrToStringUTF8(*(nint*)(entry + HomeAt)) ?? "/");
        }
    }

    /// <summary>Of an open file; null on failure.</summary>
    public static (uint Owner, UnixFileMode Mode)? Of(SafeFileHandle file)
    {
        var status = stackalloc byte[StatusBytes];
        return Status(file, "", EmptyPath, TypeModeAndOwner, status) == 0 ? (*(uint*)(status + OwnerAt), (UnixFileMode)(*(ushort*)(status + ModeAt) & 0xfff)) : null;
    }

    /// <summary>To a process that leads its group, and to all others in it.</summary>
    public static void SignalGroup(int leader, int signal) => _ = Signal(-leader, signal);
}
