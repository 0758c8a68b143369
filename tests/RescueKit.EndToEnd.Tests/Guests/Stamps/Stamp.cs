using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RescueKit.EndToEnd.Tests.Guests.Stamps;

/// <summary>
/// What stamps.pl writes into every sector, little-endian: +0 magic, +8 sum of all other 32-bit words, +12 writer and +14 volume (16 bits),
/// +16 sequence, +24 sector in its file, +32 time and +40 seed (64 bits), +48 a word of sequence and sector, again and again.
/// </summary>
internal readonly record struct Stamp(int Writer, int Volume, long Sequence, long Sector, long Time)
{
    public const int Length = 512;
    private const int SumAt = 8, FillAt = 48;

    /// <summary>Null where the sector holds no whole stamp.</summary>
    public static Stamp? Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("RKSTAMP1"u8) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[SumAt..]) != Sum(bytes)) return null;
        var stamp = new Stamp(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
        // A sum forgives words that have changed places; the sector is of one write only where all of them are the same.
        return MemoryMarshal.Cast<byte, uint>(bytes[FillAt..Length]).ContainsAnyExcept(stamp.Fill) ? null : stamp;
    }

    /// <summary>As stamps.pl makes it.</summary>
    public void Format(Span<byte> bytes)
    {
        bytes.Clear();
        "RKSTAMP1"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], (ushort)Writer);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], (ushort)Volume);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Sector);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], Time);
        MemoryMarshal.Cast<byte, uint>(bytes[FillAt..Length]).Fill(Fill);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SumAt..], Sum(bytes));
    }

    private uint Fill => (uint)(Sequence ^ Sector);

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        foreach (var word in MemoryMarshal.Cast<byte, uint>(bytes[..Length])) sum += word;
        return sum - BinaryPrimitives.ReadUInt32LittleEndian(bytes[SumAt..]);
    }
}
