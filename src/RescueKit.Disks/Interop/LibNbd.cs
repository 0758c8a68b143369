using System.Runtime.InteropServices;

namespace RescueKit.Disks.Interop;

/// <summary>A client of NBD servers: libnbd.h of libnbd 1.14. A handle may be used by several threads, one after the other.</summary>
internal static unsafe partial class LibNbd
{
    private const string Library = "libnbd.so.0";

    [LibraryImport(Library, EntryPoint = "nbd_create")]
    public static partial nint Create();

    [LibraryImport(Library, EntryPoint = "nbd_close")]
    public static partial void Close(nint handle);

    /// <summary>Of the last call of this thread.</summary>
    public static string Error => Marshal.PtrToStringUTF8(GetError()) ?? "unknown error";

    [LibraryImport(Library, EntryPoint = "nbd_add_meta_context", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddMetaContext(nint handle, string name);

    /// <summary>Starts a server and connects to it; it ends with the handle.</summary>
    /// <param name="arguments">The program first, a null pointer last.</param>
    [LibraryImport(Library, EntryPoint = "nbd_connect_systemd_socket_activation")]
    public static partial int ConnectActivated(nint handle, byte** arguments);

    [LibraryImport(Library, EntryPoint = "nbd_get_size")]
    public static partial long Size(nint handle);

    [LibraryImport(Library, EntryPoint = "nbd_pread")]
    public static partial int Read(nint handle, byte* buffer, nuint count, ulong offset, uint flags);

    [LibraryImport(Library, EntryPoint = "nbd_block_status")]
    public static partial int BlockStatus(nint handle, ulong count, ulong offset, ExtentCallback callback, uint flags);

    /// <summary>errno of the last call of this thread; of a request, what the server answered, or why there was no answer.</summary>
    [LibraryImport(Library, EntryPoint = "nbd_get_errno")]
    public static partial int ErrorNumber();

    [LibraryImport(Library, EntryPoint = "nbd_get_error")]
    private static partial nint GetError();

    /// <summary>nbd_extent_callback. Called with pairs of length and state (NBD's doc/proto.md, "base:allocation": bit 1 for zeros).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ExtentCallback
    {
        /// <summary>User data, meta context, offset, entries, how many numbers they are, error.</summary>
        public delegate* unmanaged<nint, nint, ulong, uint*, nuint, int*, int> Call;
        public nint UserData;
        public nint Free;
    }
}
