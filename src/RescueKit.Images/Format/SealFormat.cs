using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>
/// Payload of a seal frame: every region is ended and the disk was found unaltered, so the image is what its root digest says (FORMAT.md, "Seal").
/// </summary>
internal static class SealFormat
{
    public static void Write(FrameBuilder to, in ChunkDigest root) => to.Digest(root); // +0x00

    /// <returns>The root digest.</returns>
    public static ChunkDigest Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteReader(payload, "the seal");
        var root = from.Digest();
        from.End();
        return root;
    }
}
