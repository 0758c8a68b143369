using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>One attribute of an MFT record, its header checked against its length. Layout: Linux-NTFS documentation, "Attribute header".</summary>
internal sealed class NtfsAttribute
{
    private const int ResidentHeader = 0x18;
    private const int NonResidentHeader = 0x40;
    private const int FileNameHeader = 0x42;

    /// <exception cref="MalformedException">A field points outside the attribute.</exception>
    public NtfsAttribute(ReadOnlyMemory<byte> bytes, string owner)
    {
        var span = bytes.Span;
        if (span.Length < ResidentHeader || span[8] > 1 || (span[8] == 1 && span.Length < NonResidentHeader))
            throw new MalformedException($"an attribute of {owner} has an impossible header");
        int nameOffset = BinaryPrimitives.ReadUInt16LittleEndian(span[0x0A..]);
        var nameBytes = span[9] * 2;
        if (nameBytes > 0 && nameOffset + nameBytes > span.Length)
            throw new MalformedException($"an attribute of {owner} has its name outside");

        Type = BinaryPrimitives.ReadUInt32LittleEndian(span);
        IsResident = span[8] == 0;
        Name = nameBytes == 0 ? "" : new string(MemoryMarshal.Cast<byte, char>(span.Slice(nameOffset, nameBytes)));
        Flags = (AttributeFlags)BinaryPrimitives.ReadUInt16LittleEndian(span[0x0C..]);
        Instance = BinaryPrimitives.ReadUInt16LittleEndian(span[0x0E..]);
        if (IsResident)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(span[0x10..]);
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(span[0x14..]);
            if (offset + (long)length > span.Length) throw new MalformedException($"an attribute of {owner} has its value outside");
            Value = bytes.Slice(offset, (int)length);
            CheckKind(owner);
            return;
        }

        int pairs = BinaryPrimitives.ReadUInt16LittleEndian(span[0x20..]);
        if (pairs < NonResidentHeader || pairs >= span.Length) throw new MalformedException($"an attribute of {owner} has its run list outside");
        MappingPairs = bytes[pairs..];
        LowestVcn = BinaryPrimitives.ReadInt64LittleEndian(span[0x10..]);
        HighestVcn = BinaryPrimitives.ReadInt64LittleEndian(span[0x18..]);
        AllocatedSize = BinaryPrimitives.ReadInt64LittleEndian(span[0x28..]);
        DataSize = BinaryPrimitives.ReadInt64LittleEndian(span[0x30..]);
        InitializedSize = BinaryPrimitives.ReadInt64LittleEndian(span[0x38..]);
        CheckKind(owner);
    }

    public uint Type { get; }
    public string Name { get; }
    public AttributeFlags Flags { get; }

    /// <summary>Tells attributes of one record apart; attribute lists refer to it.</summary>
    public ushort Instance { get; }

    public bool IsResident { get; }

    /// <summary>The content of a resident attribute.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    // Of non-resident attributes. The sizes, in bytes, count only in the first part of an attribute that is split over records.
    public long LowestVcn { get; }
    public long HighestVcn { get; }
    public long AllocatedSize { get; }
    public long DataSize { get; }
    public long InitializedSize { get; }
    public ReadOnlyMemory<byte> MappingPairs { get; }

    /// <summary>What of each kind never leaves the record, what always does, and how long it is at least: drivers refuse a file that differs.</summary>
    private void CheckKind(string owner)
    {
        var (resident, shortest) = Type switch
        {
            AttributeType.StandardInformation => (true, 0x30),
            AttributeType.FileName => (true, FileNameHeader),
            AttributeType.ObjectId => (true, 0x10),
            AttributeType.VolumeName or AttributeType.EaInformation => (true, 0),
            AttributeType.VolumeInformation => (true, 0x0C),
            AttributeType.IndexRoot => (true, NtfsIndex.RootHeader + NtfsIndex.Header),
            AttributeType.IndexAllocation => (false, 0),
            _ => (IsResident, 0),
        };
        if (IsResident != resident || Value.Length < shortest) throw new MalformedException($"attribute 0x{Type:X} of {owner} lies where it must not, or is too short");
        if (Type != AttributeType.FileName) return;
        var characters = Value.Span[0x40];
        if (characters == 0 || FileNameHeader + 2 * characters > Value.Length) throw new MalformedException($"{owner} has a damaged name");
    }
}
