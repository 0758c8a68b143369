using System.Buffers.Binary;
using RescueKit.Images.Format;
using RescueKit.Images.Reading;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>What an image says in the clear, encrypted or not: its headers and its files. Needs no passphrase and reads no content.</summary>
/// <param name="HasFooter">True where the last part ends as a complete image does; only opening it proves the rest.</param>
public sealed record ImageHead(Guid ImageId, bool IsEncrypted, bool HasFooter, IReadOnlyList<ImagePart> Parts)
{
    /// <summary>Bytes of a file that <see cref="BeginsImage"/> looks at.</summary>
    public const int StartLength = FrameHeader.Size + 0x18;

    /// <summary>True where a file that starts so is the first part of an image, whole or not: FORMAT.md, "Header frame".</summary>
    public static bool BeginsImage(ReadOnlySpan<byte> start)
    {
        if (start.Length < StartLength) return false;
        var payload = start[FrameHeader.Size..];
        return payload.StartsWith(ImageHeader.Magic) && BinaryPrimitives.ReadUInt32LittleEndian(payload[0x14..]) == 1;
    }

    /// <exception cref="NotAnImageException">No part has a header.</exception>
    /// <exception cref="ImageUnsupportedException">Another version, or an unknown feature.</exception>
    public static ImageHead Read(IImageStore store, string name)
    {
        using var set = PartSet.Open(store, name);
        if (set.Header is not { } header) throw new NotAnImageException($"{name} is not a RescueKit image, or its headers are destroyed");
        var last = set.Parts[set.Highest];
        return new ImageHead(header.ImageId, header.IsEncrypted,
            PartSet.FooterHeader(last) is not null,
            [.. set.Parts.Select(part => new ImagePart(part.Key, part.Value.Name, part.Value.Length))]);
    }
}

/// <summary>One file of an image. Length in bytes.</summary>
public sealed record ImagePart(int Number, string Name, long Length);
