using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Where a frame lies: 1-based part, offset of its header in the part, length of its payload as stored.</summary>
internal readonly record struct FrameLocation(int Part, int StoredLength, long Offset)
{
    public const int Size = 16;

    public bool IsNone => Part == 0;

    public void Write(FrameBuilder to) => to.U32(Part).U32(StoredLength).U64(Offset);

    public static FrameLocation Read(ref ByteReader from)
    {
        var part = from.Int32("part", 1, FormatLimits.MaxParts);
        var stored = from.Int32("stored length", 0, FormatLimits.MaxPayload);
        return new FrameLocation(part, stored, CheckOffset(ref from, from.Int64("offset", 0, long.MaxValue - FormatLimits.MaxPayload * 2L)));
    }

    public static long CheckOffset(ref ByteReader from, long offset) =>
        offset % FrameHeader.Alignment == 0 ? offset : throw from.Damaged($"has a frame at {offset}, which is not a multiple of {FrameHeader.Alignment}");

    public override string ToString() => $"part {Part} at {Offset}";
}
