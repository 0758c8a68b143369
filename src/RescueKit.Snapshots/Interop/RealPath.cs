using System.Runtime.InteropServices;

namespace RescueKit.Snapshots.Interop;

/// <summary>Paths without symbolic links.</summary>
internal static unsafe partial class RealPath
{
    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* Resolve(string path, byte* into);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(byte* memory);

    /// <summary>Null where it does not exist, or cannot be looked at.</summary>
    public static string? Of(string path)
    {
        var resolved = Resolve(path, null);
        if (resolved is null) return null;
        var text = Marshal.PtrToStringUTF8((nint)resolved);
        Free(resolved);
        return text;
    }
}
