using System.Buffers.Binary;

namespace RescueKit.Disks.PartitionTables.Mbr;

/// <summary>One of the four 16-byte entries of an MBR or EBR (offsets 446, 462, 478, 494), sectors counted from wherever the table says.</summary>
internal readonly record struct MbrEntry(byte BootFlag, byte Type, uint FirstSector, uint SectorCount)
{
    public const int Size = 16;
    public const int TableOffset = 446;
    public const int Count = 4;

    public static MbrEntry Parse(ReadOnlySpan<byte> sector, int index)
    {
        var entry = sector.Slice(TableOffset + index * Size, Size);
        return new MbrEntry(entry[0], entry[4], BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
    }

    public static bool HasSignature(ReadOnlySpan<byte> sector) => sector[510] == 0x55 && sector[511] == 0xaa;

    /// <summary>As the kernel has it: an entry of type 0 counts while it has a length.</summary>
    public bool IsEmpty => SectorCount == 0;
    public bool IsExtended => Type is 0x05 or 0x0f or 0x85;

    /// <summary>
    /// No partition: a lone active entry for the MBR's own sector, without which some BIOSes do not boot a GPT disk (xorriso's --mbr-force-bootable).
    /// </summary>
    public bool IsBootMark => Type == 0 && FirstSector == 0 && SectorCount == 1;
    public bool IsProtective => Type == 0xee;
    public bool HasSaneFlag => BootFlag is 0 or 0x80;
}
