using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>
/// Tells from the restart pages of $LogFile whether the volume was dismounted cleanly. The log itself is not read: what its records
/// would change is not known, so a log that is open makes the volume unclean.
/// </summary>
/// <remarks>Layout: Linux-NTFS documentation, "$LogFile"; the rules are those of the Linux drivers, the stricter one where they differ.</remarks>
internal static class LogFile
{
    private const int PageSize = 4096;
    private const int MaxPageSize = 64 << 10;
    private const ushort NoClient = 0xFFFF;
    private const ushort VolumeIsClean = 0x0002;

    /// <summary>Why the volume is not clean, or null where it is.</summary>
    /// <exception cref="BlockReadException">A restart page cannot be read.</exception>
    public static string? UncleanReason(NtfsStream log)
    {
        if (log.IsResident || !log.IsPlain || log.DataSize < 2 * MaxPageSize) return "its $LogFile is too short";
        var pages = new byte[2 * MaxPageSize];
        log.Read(0, pages);
        // mkntfs, ntfs-3g and chkdsk leave a log of ones behind, which only a volume that was clean gets.
        if (!pages.AsSpan().ContainsAnyExcept((byte)0xFF)) return null;
        try
        {
            var size = SystemPageSize(pages);
            var first = new RestartPage(pages.AsSpan(0, size));
            var second = new RestartPage(pages.AsSpan(size, size));
            if (first.Lsn > second.Lsn) return first.UncleanReason;
            if (second.Lsn > first.Lsn) return second.UncleanReason;
            return first.UncleanReason ?? second.UncleanReason;
        }
        catch (MalformedException e)
        {
            return $"its journal cannot be trusted: {e.Message}";
        }
    }

    private static int SystemPageSize(ReadOnlySpan<byte> page)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(page[0x10..]);
        if (size is < PageSize or > MaxPageSize || !BitOperations.IsPow2(size))
            throw new MalformedException($"a restart page of $LogFile is {size} bytes long");
        return (int)size;
    }

    private sealed class RestartPage
    {
        public RestartPage(Span<byte> page)
        {
            FixupBlock.Restore(page, "RSTR"u8, "a restart page of $LogFile");
            if (SystemPageSize(page) != page.Length) throw new MalformedException("the restart pages of $LogFile differ in length");
            var minor = BinaryPrimitives.ReadUInt16LittleEndian(page[0x1A..]);
            var major = BinaryPrimitives.ReadUInt16LittleEndian(page[0x1C..]);
            int area = BinaryPrimitives.ReadUInt16LittleEndian(page[0x18..]);
            if (area % 8 != 0 || area < 0x1E || area > page.Length - 0x10) throw new MalformedException($"the restart area of $LogFile is at {area}");
            Lsn = BinaryPrimitives.ReadUInt64LittleEndian(page[area..]);
            var clientInUse = BinaryPrimitives.ReadUInt16LittleEndian(page[(area + 0x0C)..]);
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(page[(area + 0x0E)..]);
            if ((major, minor) is not ((1, 0) or (1, 1)))
                UncleanReason = major == 2 ? "Windows was shut down by fast start-up or is not shut down" : $"its journal has version {major}.{minor}";
            else if (clientInUse != NoClient && (flags & VolumeIsClean) == 0)
                UncleanReason = "it was not cleanly unmounted (its journal is open)";
        }

        public ulong Lsn { get; }
        public string? UncleanReason { get; }
    }
}
