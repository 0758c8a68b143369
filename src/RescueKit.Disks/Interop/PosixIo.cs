using Microsoft.Win32.SafeHandles;
using RescueKit.Model;

namespace RescueKit.Disks.Interop;

/// <summary>Whole transfers at a position: repeated after signals and short transfers, failures as typed errors.</summary>
internal static unsafe class PosixIo
{
    /// <summary>Linux moves at most 0x7ffff000 bytes per call; a power of two below keeps pieces aligned.</summary>
    private const int LargestTransfer = 1 << 30;

    /// <param name="isGone">Asked after a failure: is the device gone rather than the sectors bad?</param>
    public static void Read(SafeFileHandle file, string name, long offset, Span<byte> buffer, Func<bool>? isGone = null)
    {
        fixed (byte* start = buffer)
        {
            var done = 0;
            while (done < buffer.Length)
            {
                var got = LibC.Read(file, start + done, (nuint)Math.Min(buffer.Length - done, LargestTransfer), offset + done);
                if (got > 0) done += (int)got;
                else if (got == 0) throw EndedEarly(name, offset + done, isGone);
                else if (LibC.LastError is var errno && errno != Errno.Interrupted)
                    throw ReadFailed(name, new Extent(offset + done, buffer.Length - done), errno, isGone);
            }
        }
    }

    public static void Write(SafeFileHandle file, string name, long offset, ReadOnlySpan<byte> buffer, Func<bool>? isGone = null)
    {
        fixed (byte* start = buffer)
        {
            var done = 0;
            while (done < buffer.Length)
            {
                var put = LibC.Write(file, start + done, (nuint)Math.Min(buffer.Length - done, LargestTransfer), offset + done);
                if (put > 0) done += (int)put;
                else if (put == 0 || LibC.LastError != Errno.Interrupted)
                    throw WriteFailed(name, new Extent(offset + done, buffer.Length - done), put == 0 ? Errno.InputOutput : LibC.LastError, isGone);
            }
        }
    }

    public static DeviceException WriteFailed(string name, Extent extent, int errno, Func<bool>? isGone)
    {
        if (Errno.MeansGone(errno) || isGone?.Invoke() == true) return Gone(name, errno);
        var message = $"cannot write {extent.Length} bytes at offset {extent.Offset} of {name}: {Errno.Text(errno)}";
        if (errno == Errno.FileTooLarge)
        {
            return new NoSpaceException(message, "A limit of the file system or of the user ends files there: choose another place, or --split.") { Errno = errno };
        }
        if (Errno.MeansFull(errno)) return new NoSpaceException(message, "Free some room there, or choose another place.") { Errno = errno };
        return new BlockWriteException(message, extent, "The disk may be failing or too small for what it claims: do not trust it.") { Errno = errno };
    }

    private static DeviceException ReadFailed(string name, Extent extent, int errno, Func<bool>? isGone)
    {
        if (Errno.MeansGone(errno) || isGone?.Invoke() == true) return Gone(name, errno);
        return new BlockReadException($"cannot read {extent.Length} bytes at offset {extent.Offset} of {name}: {Errno.Text(errno)}", extent,
            "The disk may be failing: --on-bad-sector skip takes everything that can still be read.")
        { Errno = errno };
    }

    private static DeviceGoneException EndedEarly(string name, long position, Func<bool>? isGone) => isGone?.Invoke() == true
        ? Gone(name, 0)
        : new DeviceGoneException($"{name} ends at offset {position} now: it became shorter while it was open");

    private static DeviceGoneException Gone(string name, int errno) =>
        new($"{name} is gone: it was unplugged, or the kernel gave it up" + (errno == 0 ? "" : $" ({Errno.Text(errno)})"),
            "Check cable and power. An image that was being made can be resumed.")
        { Errno = errno };
}
