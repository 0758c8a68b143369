using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Lvm;

/// <summary>
/// A metadata area: a header that names the current text in a ring behind it. Source: lvm2 lib/format_text/layout.h, struct mda_header and raw_locn.
/// </summary>
internal static class LvmMetadataArea
{
    private const int Header = 512, LocationAt = 40, LargestText = 16 << 20;
    private const uint Version = 1, Ignored = 1;

    private static ReadOnlySpan<byte> Magic => " LVM2 x[5A%r0N*>"u8;

    /// <summary>The text in force; null where the area holds none (a volume without group, or an area that is not in use).</summary>
    /// <exception cref="MalformedException">The area is damaged.</exception>
    public static string? Read(IBlockSource volume, Extent area)
    {
        if (area.Length <= Header) throw new MalformedException($"its metadata area of {area.Length} bytes is too small");
        var header = new byte[Header];
        volume.Read(area.Offset, header);
        if (LvmChecksum.Of(header.AsSpan(4)) != U32(0)) throw new MalformedException($"its metadata area at {area.Offset} does not match its checksum");
        if (!header.AsSpan(4, 16).SequenceEqual(Magic) || U32(20) != Version) throw new MalformedException($"its metadata area at {area.Offset} is of an unknown version");
        if (U64(24) != (ulong)area.Offset || U64(32) != (ulong)area.Length) throw new MalformedException($"its metadata area at {area.Offset} belongs elsewhere");
        var (offset, length, checksum, flags) = (U64(LocationAt), U64(LocationAt + 8), U32(LocationAt + 16), U32(LocationAt + 20));
        if (offset == 0 || (flags & Ignored) != 0) return null;
        if (offset < Header || offset >= (ulong)area.Length || length > (ulong)area.Length - Header || length > LargestText)
            throw new MalformedException($"its metadata of {length} bytes at {offset} do not fit their area");
        var text = new byte[length];
        var atEnd = (int)Math.Min(length, (ulong)area.Length - offset);
        volume.Read(area.Offset + (long)offset, text.AsSpan(0, atEnd));
        if (atEnd < text.Length) volume.Read(area.Offset + Header, text.AsSpan(atEnd));
        if (LvmChecksum.Of(text) != checksum) throw new MalformedException("its metadata do not match their checksum");
        return Encoding.UTF8.GetString(text).TrimEnd('\0');

        uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(at));
        ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(at));
    }
}
