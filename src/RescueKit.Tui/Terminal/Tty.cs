using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RescueKit.Tui.Terminal;

/// <summary>A terminal's settings as the kernel has them: to be changed and, later, put back.</summary>
public readonly struct TtySettings
{
    internal TtySettings(Tty.Termios termios) => Termios = termios;

    internal Tty.Termios Termios { get; }
}

/// <summary>The terminal's own calls, for what .NET's console has no counterpart. Layouts: asm-generic/termbits.h, as glibc passes them, and poll.h.</summary>
public static unsafe partial class Tty
{
    private const int TIOCGWINSZ = 0x5413;
    private const uint ECHO = 0x8;
    private const int TCSADRAIN = 1;
    private const int TCSAFLUSH = 2;
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    /// <summary>glibc's struct termios: four flag words, a line discipline byte, 32 control characters, two speeds.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Termios
    {
        public uint Input, Output, Control, Local;
        public byte Line;
        public ControlCharacters Characters;
        public uint InputSpeed, OutputSpeed;
    }

    [InlineArray(32)]
    internal struct ControlCharacters
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows, Columns, PixelsX, PixelsY;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events, Returned;
    }

    public static bool IsTerminal(int fd) => isatty(fd) == 1;

    public static (int Columns, int Rows)? Size(int fd)
    {
        WindowSize size;
        return ioctl(fd, TIOCGWINSZ, &size) == 0 && size is { Columns: > 0, Rows: > 0 } ? (size.Columns, size.Rows) : null;
    }

    /// <returns>Null where there is no terminal.</returns>
    public static TtySettings? Settings(int fd)
    {
        Termios settings;
        return tcgetattr(fd, &settings) == 0 ? new TtySettings(settings) : null;
    }

    /// <param name="dropInput">What was typed before and not read yet is forgotten.</param>
    /// <returns>False where the terminal does not take them.</returns>
    public static bool Apply(int fd, TtySettings settings, bool dropInput = false)
    {
        var termios = settings.Termios;
        return tcsetattr(fd, dropInput ? TCSAFLUSH : TCSADRAIN, &termios) == 0;
    }

    /// <summary>The same without echo of what is typed.</summary>
    public static TtySettings Silent(TtySettings settings)
    {
        var termios = settings.Termios;
        termios.Local &= ~ECHO;
        return new TtySettings(termios);
    }

    /// <summary>The same with raw input: every byte at once, none of them a signal.</summary>
    internal static TtySettings Raw(TtySettings settings)
    {
        var termios = settings.Termios;
        cfmakeraw(&termios);
        return new TtySettings(termios);
    }

    /// <returns>Bytes read; 0 when nothing came in that time; -1 at the end of input or where the terminal has gone.</returns>
    internal static int Read(int fd, Span<byte> buffer, int milliseconds)
    {
        var wanted = new PollFd { Descriptor = fd, Events = POLLIN };
        var ready = poll(&wanted, 1, milliseconds);
        if (ready == 0) return 0;
        if (ready < 0) return Marshal.GetLastPInvokeError() == EINTR ? 0 : -1;
        fixed (byte* to = buffer)
        {
            var got = read(fd, to, buffer.Length);
            if (got > 0) return (int)got;
            return got < 0 && Marshal.GetLastPInvokeError() is EINTR or EAGAIN ? 0 : -1;
        }
    }

    /// <summary>All of it, also to a terminal that somebody set to non-blocking.</summary>
    internal static bool Write(int fd, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint put;
            fixed (byte* from = bytes) put = write(fd, from, bytes.Length);
            if (put >= 0)
            {
                bytes = bytes[(int)put..];
                continue;
            }
            var error = Marshal.GetLastPInvokeError();
            if (error == EINTR) continue;
            if (error != EAGAIN) return false;
            var room = new PollFd { Descriptor = fd, Events = POLLOUT };
            _ = poll(&room, 1, 1000);
        }
        return true;
    }

    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, WindowSize* size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, Termios* settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, Termios* settings);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(Termios* settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFd* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nint count);
}
