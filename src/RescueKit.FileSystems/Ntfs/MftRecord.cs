using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>A record of the master file table, its protection checked and its attributes taken apart.</summary>
/// <remarks>Layout: Linux-NTFS documentation, "File record".</remarks>
internal sealed class MftRecord
{
    private const int MinHeader = 0x2A;
    private const ushort InUseFlag = 1;
    private const ushort DirectoryFlag = 2;

    /// <param name="bytes">The record as it lies on disk; restored in place and kept.</param>
    /// <exception cref="MalformedException">It is no record, torn, or contradicts itself.</exception>
    public MftRecord(byte[] bytes, long number)
    {
        Number = number;
        Name = SystemRecord.Name(number);
        FixupBlock.Restore(bytes, "FILE"u8, Name);
        Sequence = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(0x10));
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(0x16));
        IsInUse = (flags & InUseFlag) != 0;
        IsDirectory = (flags & DirectoryFlag) != 0;
        BaseReference = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(0x20));

        int first = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(0x14));
        var used = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(0x18));
        var allocated = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(0x1C));
        if (used > bytes.Length || allocated != bytes.Length || first < MinHeader || first % 8 != 0 || first > used)
            throw new MalformedException($"{Name} has an impossible header");
        Used = bytes.AsMemory(0, (int)used);
        Attributes = ParseAttributes(Used, first);
    }

    public long Number { get; }

    /// <summary>For messages.</summary>
    public string Name { get; }

    public ushort Sequence { get; }
    public bool IsInUse { get; }
    public bool IsDirectory { get; }

    /// <summary>Number and sequence of the record that this one extends; 0 for a base record.</summary>
    public ulong BaseReference { get; }

    /// <summary>The part in use, restored.</summary>
    public ReadOnlyMemory<byte> Used { get; }

    public IReadOnlyList<NtfsAttribute> Attributes { get; }

    private List<NtfsAttribute> ParseAttributes(ReadOnlyMemory<byte> used, int offset)
    {
        var attributes = new List<NtfsAttribute>();
        var lastType = 0u;
        while (true)
        {
            if (offset > used.Length - 4) throw new MalformedException($"the attributes of {Name} have no end");
            var type = BinaryPrimitives.ReadUInt32LittleEndian(used.Span[offset..]);
            if (type == AttributeType.End) return attributes;
            if (offset > used.Length - 8) throw new MalformedException($"the attributes of {Name} have no end");
            var length = BinaryPrimitives.ReadUInt32LittleEndian(used.Span[(offset + 4)..]);
            // Attributes stand in ascending order of type: a reader may stop at the first larger one, so disorder hides some.
            if (type < lastType || length % 8 != 0 || length > used.Length - offset)
                throw new MalformedException($"attribute 0x{type:X} of {Name} is out of place or {length} bytes long");
            attributes.Add(new NtfsAttribute(used.Slice(offset, (int)length), Name));
            offset += (int)length;
            lastType = type;
        }
    }
}
