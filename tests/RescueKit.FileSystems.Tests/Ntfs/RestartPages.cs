using System.Buffers.Binary;
using System.Numerics;
using RescueKit.FileSystems.Ntfs;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>The start of a $LogFile as Windows writes it: two restart pages. mkntfs leaves the log empty.</summary>
internal static class RestartPages
{
    public const int PageSize = 4096;

    public static byte[] Page(long logBytes, long lsn, bool open, ushort flags, (ushort Major, ushort Minor) version, int size = PageSize)
    {
        // The update sequence array before the restart area: 2 bytes for each 512 of the page and 2 more.
        var area = (0x1E + 2 * (size / 512 + 1) + 7) & ~7;
        var clients = area + 0x30;
        var page = new byte[size];
        "RSTR"u8.CopyTo(page);
        Put16(page, 0x04, 0x1E);
        Put16(page, 0x06, (ushort)(size / 512 + 1));
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(0x10), size);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(0x14), PageSize);
        Put16(page, 0x18, (ushort)area);
        Put16(page, 0x1A, version.Minor);
        Put16(page, 0x1C, version.Major);

        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(area), lsn);
        Put16(page, area + 0x08, 1);
        Put16(page, area + 0x0A, open ? (ushort)0xFFFF : (ushort)0);
        Put16(page, area + 0x0C, open ? (ushort)0 : (ushort)0xFFFF);
        Put16(page, area + 0x0E, flags);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(area + 0x10), 67 - (64 - BitOperations.LeadingZeroCount((ulong)logBytes)));
        Put16(page, area + 0x14, (ushort)(clients + 0xA0 - area));
        Put16(page, area + 0x16, (ushort)(clients - area));
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(area + 0x18), logBytes);
        Put16(page, area + 0x24, 0x30);
        Put16(page, area + 0x26, 0x40);

        Put16(page, clients + 0x10, 0xFFFF);
        Put16(page, clients + 0x12, 0xFFFF);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(clients + 0x1C), 8);
        "N\0T\0F\0S\0"u8.CopyTo(page.AsSpan(clients + 0x20));
        NtfsEditor.Protect(page);
        return page;
    }

    /// <summary>Writes both pages, and zeros where Windows would have log records.</summary>
    public static void Write(NtfsEditor editor, byte[] first, byte[] second)
    {
        var log = editor.Mft.Open(SystemRecord.LogFile).OpenData();
        editor.Write(log, 0, [.. first, .. second, .. new byte[PageSize * 30]]);
    }

    private static void Put16(byte[] page, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(offset), value);
}
