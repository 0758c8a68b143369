using System.Runtime.InteropServices;

namespace RescueKit.Cli.Terminals;

/// <summary>The few calls on standard streams that .NET's console has no direct counterpart for.</summary>
internal static unsafe partial class Libc
{
    private const int EINTR = 4;
    private const int F_GETFD = 1;
    private const int O_RDWR = 2;

    /// <summary>One byte, or -1 at the end of input or after an error.</summary>
    public static int ReadByte(int fd)
    {
        byte value;
        nint got;
        do got = read(fd, &value, 1);
        while (got < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return got == 1 ? value : -1;
    }

    /// <summary>
    /// True for a descriptor that the caller of the program left open for it. The runtime's own ones are close-on-exec, and a passphrase
    /// must not be read from one of those by mistake.
    /// </summary>
    public static bool IsInherited(int fd) => fcntl(fd, F_GETFD) == 0;

    /// <summary>
    /// Puts /dev/null in the place of a standard stream that the caller closed. Otherwise the next file to be opened, which may be an
    /// image, would get its number, and what is printed would be written into that file.
    /// </summary>
    /// <returns>False where something of the runtime's own already sits there: that stream must not be used.</returns>
    public static bool Claim(int fd)
    {
        var flags = fcntl(fd, F_GETFD);
        if (flags >= 0) return flags == 0;
        fixed (byte* path = "/dev/null"u8) return open(path, O_RDWR, 0) == fd;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, int mode);
}
