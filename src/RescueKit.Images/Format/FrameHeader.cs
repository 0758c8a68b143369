using System.Buffers.Binary;
using RescueKit.Images.Codecs;

namespace RescueKit.Images.Format;

/// <summary>What a frame holds. Values are part of the image format (FORMAT.md, "Frames").</summary>
internal enum FrameType : byte
{
    Header = 1,
    Description = 2,
    Chunk = 3,
    RegionPage = 4,
    Directory = 5,
    Index = 6,
    PartTrailer = 7,
    Padding = 8,
    Footer = 9,
    Seal = 10,
}

/// <summary>The 32 clear bytes in front of every frame's payload (FORMAT.md, "Frames").</summary>
internal readonly record struct FrameHeader(
    FrameType Type, CodecKind Codec, ushort Session, int StoredLength, int ContentLength, ulong Sequence, uint PayloadCrc)
{
    public const int Size = 32;
    public const int Alignment = 16;
    public const uint Magic = 0x31464B52; // "RKF1"

    /// <summary>Header, payload and padding up to the next frame.</summary>
    public long TotalLength => Total(StoredLength);

    /// <summary>The payload of these types is never encrypted.</summary>
    public bool IsAlwaysClear => Type is FrameType.Header or FrameType.Padding;

    public static long Total(int storedLength) => (Size + (long)storedLength + Alignment - 1) & ~(Alignment - 1L);

    public void Write(Span<byte> frame, uint imageSeed)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);                     // +0x00
        frame[0x04] = (byte)Type;                                                   // +0x04
        frame[0x05] = (byte)Codec;                                                  // +0x05
        BinaryPrimitives.WriteUInt16LittleEndian(frame[0x06..], Session);           // +0x06
        BinaryPrimitives.WriteUInt32LittleEndian(frame[0x08..], (uint)StoredLength);  // +0x08
        BinaryPrimitives.WriteUInt32LittleEndian(frame[0x0C..], (uint)ContentLength); // +0x0C
        BinaryPrimitives.WriteUInt64LittleEndian(frame[0x10..], Sequence);          // +0x10
        BinaryPrimitives.WriteUInt32LittleEndian(frame[0x18..], PayloadCrc);        // +0x18
        BinaryPrimitives.WriteUInt32LittleEndian(frame[0x1C..], HeaderCrc(frame, Type, imageSeed)); // +0x1C
    }

    /// <summary>False where the 32 bytes are no frame header of the image with this seed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, uint imageSeed, out FrameHeader header)
    {
        header = default;
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) return false;
        var type = (FrameType)bytes[0x04];
        if (type is < FrameType.Header or > FrameType.Seal || bytes[0x05] > (byte)CodecKind.Zstd) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x1C..]) != HeaderCrc(bytes, type, imageSeed)) return false;
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x08..]);
        var content = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x0C..]);
        if (stored > FormatLimits.MaxPayload || content > FormatLimits.MaxPayload) return false;
        header = new FrameHeader(type, (CodecKind)bytes[0x05], BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x06..]), (int)stored,
            (int)content, BinaryPrimitives.ReadUInt64LittleEndian(bytes[0x10..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x18..]));
        return true;
    }

    /// <summary>
    /// Seeded with the image id, so that frames of an image that lies on the imaged disk are not taken for frames of this one
    /// when a scan looks for the next frame. Header frames tell the id, so theirs is not seeded.
    /// </summary>
    private static uint HeaderCrc(ReadOnlySpan<byte> bytes, FrameType type, uint imageSeed) =>
        Crc32C.Append(type == FrameType.Header ? 0 : imageSeed, bytes[..0x1C]);
}
