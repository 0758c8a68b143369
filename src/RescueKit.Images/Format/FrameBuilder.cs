using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>
/// Builds a frame in one growing buffer that is reused: room for the header in front, the payload's fields, room for tag and
/// padding behind, so that the frame is sealed in place and appended at once.
/// </summary>
internal sealed class FrameBuilder
{
    /// <summary>What <see cref="Frame"/> holds beyond header and payload: a tag and padding.</summary>
    public const int Slack = FormatLimits.TagSize + FrameHeader.Alignment;

    private byte[] _buffer = new byte[4096];
    private int _length = FrameHeader.Size;

    public int PayloadLength => _length - FrameHeader.Size;
    public Span<byte> Payload => _buffer.AsSpan(FrameHeader.Size, PayloadLength);

    /// <summary>Header room, payload, and slack.</summary>
    public Span<byte> Frame => _buffer.AsSpan(0, _length + Slack);

    public FrameBuilder Clear()
    {
        _length = FrameHeader.Size;
        return this;
    }

    public FrameBuilder Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Grow(bytes.Length));
        return this;
    }

    public FrameBuilder Zeros(int count)
    {
        Grow(count).Clear();
        return this;
    }

    public FrameBuilder Byte(byte value)
    {
        Grow(1)[0] = value;
        return this;
    }

    public FrameBuilder U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Grow(2), value);
        return this;
    }

    public FrameBuilder U32(long value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Grow(4), checked((uint)value));
        return this;
    }

    public FrameBuilder U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Grow(8), value);
        return this;
    }

    public FrameBuilder U64(long value) => U64(checked((ulong)value));

    public FrameBuilder Digest(in ChunkDigest digest) => Bytes(digest);

    public FrameBuilder Id(Guid id)
    {
        id.TryWriteBytes(Grow(16), bigEndian: true, out _);
        return this;
    }

    public FrameBuilder VarInt(long value)
    {
        for (; value >= 0x80; value >>= 7) Byte((byte)(value | 0x80));
        return Byte((byte)value);
    }

    public FrameBuilder ZigZag(long value) => VarInt((value << 1) ^ (value >> 63));

    private Span<byte> Grow(int count)
    {
        var needed = checked(_length + count);
        if (needed + Slack > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, needed + Slack));
        var span = _buffer.AsSpan(_length, count);
        _length = needed;
        return span;
    }
}
