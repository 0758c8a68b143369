using System.Buffers.Binary;
using System.Text;

namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>A GPT partition entry, UEFI specification section 5.3.3: type, id, first and last sector (inclusive), attributes, UTF-16 name.</summary>
internal static class GptEntry
{
    public const int SmallestSize = 128;
    private const int IdOffset = 16, IdLength = 16;
    private const int NameOffset = 56;
    private const int NameLength = 72;

    /// <summary>Null for an unused entry (type all zeros).</summary>
    public static TableEntry? Parse(ReadOnlySpan<byte> entry, int number, int sectorSize)
    {
        var type = new Guid(entry[..16]);
        if (type == Guid.Empty) return null;
        var first = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
        var last = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
        var sectors = last >= first ? last - first + 1 : 0;
        var name = new string(Encoding.Unicode.GetString(entry.Slice(NameOffset, NameLength)).TakeWhile(c => c != 0).ToArray());
        return new TableEntry(number, Bytes(first, sectorSize), Bytes(sectors, sectorSize), type.ToString(), GptTypeNames.Of(type),
            new Guid(entry.Slice(IdOffset, IdLength)).ToString(), name.Length == 0 ? null : name)
        {
            Attributes = BinaryPrimitives.ReadUInt64LittleEndian(entry[48..]),
        };
    }

    /// <summary>Gives the entry another id.</summary>
    public static void SetId(Span<byte> entry, Guid id) => id.TryWriteBytes(entry[IdOffset..]);

    private static long Bytes(ulong sectors, int sectorSize) =>
        sectors > (ulong)(long.MaxValue / sectorSize) ? long.MaxValue : (long)sectors * sectorSize;
}
