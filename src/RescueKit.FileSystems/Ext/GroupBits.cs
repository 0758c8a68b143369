using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.FileSystems.Ext;

/// <summary>Bit runs in little-endian bitmaps, a word at a time.</summary>
internal static class GroupBits
{
    public static void SetRange(Span<byte> bits, int first, int count)
    {
        var end = first + count;
        while (first < end && (first & 7) != 0) bits[first >> 3] |= (byte)(1 << (first++ & 7));
        var wholeBytes = (end - first) >> 3;
        if (wholeBytes > 0) bits.Slice(first >> 3, wholeBytes).Fill(0xFF);
        first += Math.Max(0, wholeBytes) << 3;
        while (first < end) bits[first >> 3] |= (byte)(1 << (first++ & 7));
    }

    /// <summary>Set bits among the first <paramref name="count"/>.</summary>
    public static int CountSet(ReadOnlySpan<byte> bits, int count)
    {
        var set = 0;
        for (; count >= 64; count -= 64, bits = bits[8..]) set += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(bits));
        for (; count >= 8; count -= 8, bits = bits[1..]) set += BitOperations.PopCount(bits[0]);
        if (count > 0) set += BitOperations.PopCount(bits[0] & ((1u << count) - 1));
        return set;
    }

    public static void Or(Span<byte> into, ReadOnlySpan<byte> other)
    {
        for (var i = 0; i < into.Length; i++) into[i] |= other[i];
    }

    /// <summary>First bit from <paramref name="from"/> on that has the value, or <paramref name="end"/>.</summary>
    public static int Next(ReadOnlySpan<byte> bits, int from, int end, bool value)
    {
        while (from < end)
        {
            if ((from & 63) == 0 && (from >> 3) + 8 <= bits.Length)
            {
                var word = BinaryPrimitives.ReadUInt64LittleEndian(bits[(from >> 3)..]);
                if (!value) word = ~word;
                if (word != 0) return Math.Min(end, from + BitOperations.TrailingZeroCount(word));
                from += 64;
                continue;
            }
            if (((bits[from >> 3] >> (from & 7)) & 1) == 1 == value) return from;
            from++;
        }
        return end;
    }
}
