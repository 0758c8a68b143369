using System.Buffers.Binary;
using RescueKit.Images.Format;
using RescueKit.Images.Reading;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>A frame of a test image.</summary>
internal sealed record TestFrame(string Part, long Offset, FrameHeader Header)
{
    public int PayloadOffset => (int)Offset + FrameHeader.Size;
}

/// <summary>Finds and changes frames, so that damage can be aimed and checksums kept right.</summary>
internal static class Frames
{
    public static List<TestFrame> Of(MemoryStore store)
    {
        var frames = new List<TestFrame>();
        var seed = 0u;
        foreach (var name in store.Parts.Keys.Order(StringComparer.Ordinal))
        {
            using var part = store.OpenRead(name);
            seed = PartSet.ReadHeader(part, 0)?.Seed ?? seed;
            var walker = new FrameWalker(part, seed);
            while (walker.Next()) frames.Add(new TestFrame(name, walker.Offset, walker.Header));
        }
        return frames;
    }

    public static uint Seed(MemoryStore store)
    {
        var header = store.Parts[TestImages.Name].Span.Slice(FrameHeader.Size, ImageHeader.Size);
        return ImageHeader.SeedOf(new Guid(header.Slice(0x18, 16), bigEndian: true));
    }

    public delegate void Change(Span<byte> payload);

    /// <summary>Changes a clear payload and puts both checksums right.</summary>
    public static void Patch(MemoryStore store, TestFrame frame, Change change)
    {
        var seed = Seed(store);
        var payload = store.Parts[frame.Part].Span.Slice(frame.PayloadOffset, frame.Header.StoredLength);
        change(payload);
        (frame.Header with { PayloadCrc = Crc32C.Of(payload) }).Write(store.Parts[frame.Part].Span[(int)frame.Offset..], seed);
    }

    /// <summary>Puts the checksums of a frame right, whatever its bytes say now.</summary>
    public static void FixChecksums(Span<byte> part, int offset, uint seed)
    {
        var header = part.Slice(offset, FrameHeader.Size);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(header[0x08..]);
        if (stored <= part.Length - offset - FrameHeader.Size)
            BinaryPrimitives.WriteUInt32LittleEndian(header[0x18..], Crc32C.Of(part.Slice(offset + FrameHeader.Size, (int)stored)));
        var crc = Crc32C.Append(header[0x04] == (byte)FrameType.Header ? 0 : seed, header[..0x1C]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[0x1C..], crc);
    }
}
