using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Payload of a description frame: what readers need of geometry and parent in binary, the rest as JSON (FORMAT.md, "Description").</summary>
internal sealed record DescriptionFormat(
    ImageGeometry Geometry, CodecKind Codec, int? Level, ParentLink? Parent, ImageDescription Description)
{
    private const int FixedSize = 0x50;
    private const sbyte DefaultLevel = sbyte.MinValue;

    public void Write(FrameBuilder to)
    {
        to.U64(Geometry.DiskLength)                         // +0x00
            .U32(Geometry.ChunkSize)                        // +0x08
            .U32(Geometry.ChunksPerRegion)                  // +0x0C
            .Byte((byte)Codec)                              // +0x10
            .Byte((byte)(sbyte)(Level ?? DefaultLevel))     // +0x11
            .Byte(Parent is null ? (byte)0 : (byte)1)       // +0x12
            .Zeros(5)
            .Id(Parent?.ImageId ?? Guid.Empty)              // +0x18
            .Digest(Parent?.RootDigest ?? default)          // +0x28
            .Zeros(8)                                       // +0x48
            .Bytes(JsonSerializer.SerializeToUtf8Bytes(Description, DescriptionJson.Default.ImageDescription)); // +0x50
    }

    /// <summary>Codec and level stay out of it: they say nothing of the content.</summary>
    public static ChunkDigest DigestOf(ReadOnlySpan<byte> payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(payload[..0x10]);
        hash.AppendData(payload[0x12..]);
        var digest = default(ChunkDigest);
        hash.GetHashAndReset(digest);
        return digest;
    }

    /// <exception cref="ImageDamagedException">Not a description, or numbers outside the limits.</exception>
    public static DescriptionFormat Parse(ReadOnlySpan<byte> payload)
    {
        var from = new ByteReader(payload, "the image's description");
        if (payload.Length < FixedSize) throw from.Damaged("is too short");
        var length = from.Int64("disk length", 1, long.MaxValue);
        var geometry = new ImageGeometry(length, (int)Math.Min(int.MaxValue, from.U32()), (int)Math.Min(int.MaxValue, from.U32()));
        if (geometry.Fault() is { } fault) throw from.Damaged($"is out of range: {fault}");
        var codec = from.Byte();
        if (codec > (byte)CodecKind.Zstd) throw from.Damaged($"names codec {codec}");
        var level = (sbyte)from.Byte();
        var hasParent = from.Byte() != 0;
        from.Bytes(5);
        var parent = new ParentLink(from.Id(), from.Digest());
        from.Bytes(8);
        ImageDescription? description;
        try
        {
            description = JsonSerializer.Deserialize(from.Rest, DescriptionJson.Default.ImageDescription);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new ImageDamagedException($"the image's description is not what the format says: {e.Message}", inner: e);
        }
        if (description?.Disk is null || description.Volumes is null || description.Taken is null || description.TableAreas is null
            || description.Volumes.Any(v => v is null) || description.TableAreas.Any(a => a?.Bytes is null))
            throw from.Damaged("lacks fields");
        if (description.Disk.Length != length) throw from.Damaged($"speaks of {description.Disk.Length} bytes, the image of {length}");
        return new DescriptionFormat(geometry, (CodecKind)codec, level == DefaultLevel ? null : level, hasParent ? parent : null, description);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ImageDescription))]
internal sealed partial class DescriptionJson : JsonSerializerContext;
