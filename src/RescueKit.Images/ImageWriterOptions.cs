using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Images;

public sealed record ImageWriterOptions
{
    public CodecKind Codec { get; init; } = CodecKind.Lz4;

    /// <summary>zstd: 1 to 19; LZ4: acceleration is fixed. Null is the codec's default (zstd 1).</summary>
    public int? Level { get; init; }

    /// <summary>Bytes, a power of two from 4 KiB to 4 MiB.</summary>
    public int ChunkSize { get; init; } = ImageLimits.DefaultChunkSize;

    /// <summary>The largest part in bytes; null for one part only. At least 1 MiB and four chunks.</summary>
    public long? SplitBytes { get; init; }

    /// <summary>UTF-8 bytes; null writes an image that is not encrypted.</summary>
    public ReadOnlyMemory<byte>? Passphrase { get; init; }

    public ParentLink? Parent { get; init; }

    /// <summary>Iterations of the passphrase KDF; tests lower it.</summary>
    public int KdfIterations { get; init; } = ImageLimits.DefaultKdfIterations;
}

/// <summary>The image that an incremental or differential one builds on: named by id and by root digest.</summary>
public sealed record ParentLink(Guid ImageId, ChunkDigest RootDigest);

public static class ImageLimits
{
    public const int MinChunkSize = 4 << 10;
    public const int MaxChunkSize = 4 << 20;
    public const int DefaultChunkSize = 256 << 10;
    public const int DefaultKdfIterations = 600_000;
}
