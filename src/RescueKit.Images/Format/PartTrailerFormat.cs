namespace RescueKit.Images.Format;

/// <summary>Payload of a part trailer: what a part holds, and that another follows (FORMAT.md, "Part trailer").</summary>
internal sealed record PartTrailerFormat(int Part, int NextPart, long ChunkFrames, long FirstChunk, long LastChunk, int FirstRegion, int LastRegion)
{
    public const int Size = 48;

    public void Write(FrameBuilder to) => to
        .U32(Part).U32(NextPart)                    // +0x00
        .U64(ChunkFrames)                           // +0x08
        .U64(FirstChunk).U64(LastChunk)             // +0x10
        .U32(FirstRegion).U32(LastRegion)           // +0x20
        .Zeros(8);                                  // +0x28

    public static PartTrailerFormat Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteReader(payload, "a part's trailer");
        return new PartTrailerFormat(
            from.Int32("part number", 1, FormatLimits.MaxParts), from.Int32("next part", 1, FormatLimits.MaxParts + 1),
            from.Int64("chunk frames", 0, long.MaxValue), from.Int64("first chunk", 0, long.MaxValue),
            from.Int64("last chunk", 0, long.MaxValue), from.Int32("first region", 0, int.MaxValue), from.Int32("last region", 0, int.MaxValue));
    }
}
