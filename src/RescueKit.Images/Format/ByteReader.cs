using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Reads little-endian fields out of a payload; running out of bytes is damage, never an index error.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes, string what)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)_rest.Length) throw Damaged($"ends early: {count} bytes wanted, {_rest.Length} left");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public byte Byte() => Bytes(1)[0];
    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));
    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));
    public ChunkDigest Digest() => ChunkDigest.FromBytes(Bytes(ChunkDigest.Size));
    public Guid Id() => new(Bytes(16), bigEndian: true);

    /// <summary>A u32 that must lie in a range.</summary>
    public int Int32(string field, long minimum, long maximum) => (int)InRange(field, U32(), minimum, maximum);

    /// <summary>A u64 that must lie in a range.</summary>
    public long Int64(string field, long minimum, long maximum) => InRange(field, U64(), minimum, maximum);

    /// <summary>LEB128: seven bits a byte, least significant first, the top bit says that more follow.</summary>
    public long VarInt(string field, long minimum, long maximum)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = Byte();
            if (shift == 63 && b > 1) throw Damaged($"{field} is longer than 64 bits");
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return InRange(field, value, minimum, maximum);
        }
    }

    /// <summary>A signed number as a variable-length one: 0, -1, 1, -2, … become 0, 1, 2, 3, …</summary>
    public long ZigZag(string field)
    {
        var value = VarInt(field, 0, long.MaxValue);
        return (value >> 1) ^ -(value & 1);
    }

    public readonly void End()
    {
        if (!_rest.IsEmpty) throw Damaged($"has {_rest.Length} bytes too many");
    }

    public readonly ImageDamagedException Damaged(string why) => new($"{what} {why}");

    private readonly long InRange(string field, ulong value, long minimum, long maximum) =>
        value <= (ulong)maximum && value >= (ulong)minimum
            ? (long)value
            : throw Damaged($"has {field} {value}, which is not between {minimum} and {maximum}");
}
