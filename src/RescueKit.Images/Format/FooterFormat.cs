using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>
/// Payload of a footer frame: where the index lies, and what it must be. Header frame and footer frame make a block of 512
/// bytes; two blocks end the last part, 4096 bytes of padding between them (FORMAT.md, "Footers").
/// </summary>
internal sealed record FooterFormat(Guid ImageId, FrameLocation Index, ChunkDigest IndexDigest, ChunkDigest RootDigest, int PartCount, long LastPartLength)
{
    public const int FrameSize = 256;
    public const int BlockSize = FrameSize + (int)ImageHeader.FrameSize;
    public const int TailSize = 2 * BlockSize + FormatLimits.SpareDistance;
    private const int Used = 16 + FrameLocation.Size + 2 * ChunkDigest.Size + 8 + 8;

    /// <summary>Bytes of the payload before a tag; with the tag of an encrypted one the frame fills its 256 bytes.</summary>
    public static int PayloadSize(bool encrypted) => FrameSize - FrameHeader.Size - (encrypted ? FormatLimits.TagSize : 0);

    public void Write(FrameBuilder to, bool encrypted)
    {
        to.Id(ImageId);                             // +0x00
        Index.Write(to);                            // +0x10
        to.Digest(IndexDigest)                      // +0x20
            .Digest(RootDigest)                     // +0x40
            .U32(PartCount).U32(0)                  // +0x60
            .U64(LastPartLength)                    // +0x68
            .Zeros(PayloadSize(encrypted) - Used);  // +0x70
    }

    public static FooterFormat Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteReader(payload, "the footer");
        var id = from.Id();
        var index = FrameLocation.Read(ref from);
        var indexDigest = from.Digest();
        var root = from.Digest();
        var parts = from.Int32("part count", 1, FormatLimits.MaxParts);
        from.U32();
        return new FooterFormat(id, index, indexDigest, root, parts, from.Int64("part length", TailSize, long.MaxValue));
    }
}
