using System.Buffers.Binary;
using System.Text;

namespace RescueKit.Disks.Inventory;

/// <summary>The SCSI vital product data pages that name a disk (SPC-5, section 7.7), as sysfs hands them out. Lengths are not trusted.</summary>
internal static class VpdPages
{
    private const byte UnitSerialNumber = 0x80;
    private const byte DeviceIdentification = 0x83;

    public static string? Serial(ReadOnlySpan<byte> page) => Body(page, UnitSerialNumber) is var body && body.IsEmpty ? null : Clean(body);

    /// <summary>
    /// The world-wide name of the logical unit: NAA before EUI-64, as "0x" and hex digits. Null where there is none.
    /// </summary>
    public static string? Wwn(ReadOnlySpan<byte> page)
    {
        string? best = null;
        var body = Body(page, DeviceIdentification);
        while (body.Length >= 4)
        {
            var length = Math.Min(body[3], body.Length - 4);
            var isBinary = (body[0] & 0x0f) == 1;
            var isOfUnit = (body[1] & 0x30) == 0;
            var type = body[1] & 0x0f;
            if (isBinary && isOfUnit && length >= 8 && (type == 3 || (type == 2 && best is null)))
            {
                best = "0x" + Convert.ToHexStringLower(body.Slice(4, length));
                if (type == 3) return best;
            }
            body = body[(4 + length)..];
        }
        return best;
    }

    private static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> page, byte code)
    {
        if (page.Length < 4 || page[1] != code) return [];
        var length = BinaryPrimitives.ReadUInt16BigEndian(page[2..]);
        return page[4..Math.Min(page.Length, 4 + length)];
    }

    private static string? Clean(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            if (value is >= 0x20 and < 0x7f) text.Append((char)value);
        }
        return text.ToString().Trim() is { Length: > 0 } clean ? clean : null;
    }
}
