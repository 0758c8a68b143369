using System.Security.Cryptography;
using RescueKit.Images.Codecs;
using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images;

public sealed record ImageWriterOptions
{
    /// <summary>Null: LZ4, or what the image that is resumed was begun with; another one than that is refused there.</summary>
    public CodecKind? Codec { get; init; }

    /// <summary>zstd: 1 to 19; LZ4: acceleration is fixed. Null is the codec's default (zstd 1), or the level that an image to resume was begun with.</summary>
    public int? Level { get; init; }

    /// <summary>Bytes, a power of two from 4 KiB to 4 MiB. Null: 256 KiB, or as the image was begun.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>The largest part in bytes, at least <see cref="ImageLimits.MinSplitBytes"/> for the chunk size; null for one part only.</summary>
    public long? SplitBytes { get; init; }

    /// <summary>UTF-8 bytes; null writes an image that is not encrypted.</summary>
    public ReadOnlyMemory<byte>? Passphrase { get; init; }

    public ParentLink? Parent { get; init; }

    /// <summary>Iterations of the passphrase KDF; tests lower it.</summary>
    public int KdfIterations { get; init; } = ImageLimits.DefaultKdfIterations;

    /// <summary>What tests inject.</summary>
    internal WriterHooks Hooks { get; init; } = new();

    /// <exception cref="UsageException">A value out of range.</exception>
    internal void Check()
    {
        var chunkSize = ChunkSize ?? ImageLimits.DefaultChunkSize;
        if (chunkSize is < ImageLimits.MinChunkSize or > ImageLimits.MaxChunkSize || !int.IsPow2(chunkSize))
            throw new UsageException($"a chunk size of {chunkSize} bytes is not a power of two from {ImageLimits.MinChunkSize} to {ImageLimits.MaxChunkSize}");
        if (Codec is { } codec && !Enum.IsDefined(codec)) throw new UsageException($"there is no codec {Codec}");
        if (Level is < 1 or > ImageLimits.MaxLevel) throw new UsageException($"level {Level} is not between 1 and {ImageLimits.MaxLevel}");
        if (SplitBytes is { } split && split < ImageLimits.MinSplitBytes(chunkSize))
            throw new UsageException($"parts of {split} bytes are too small: at least {ImageLimits.MinSplitBytes(chunkSize)} bytes are needed");
        if (Passphrase is { IsEmpty: true }) throw new UsageException("an empty passphrase protects nothing");
        if (KdfIterations is < 1 or > FormatLimits.MaxKdfIterations)
            throw new UsageException($"{KdfIterations} rounds of key derivation are not between 1 and {FormatLimits.MaxKdfIterations}");
    }
}

/// <summary>Randomness, region size and observers, for tests that need them known.</summary>
internal sealed record WriterHooks
{
    public FillRandom Random { get; init; } = RandomNumberGenerator.Fill;
    public int? ChunksPerRegion { get; init; }

    /// <summary>Allows parts below the usual smallest size.</summary>
    public long? SplitBytes { get; init; }

    /// <summary>Length of a part at which the store is first asked whether it can hold more.</summary>
    public long FirstMark { get; init; } = 2L << 30;

    /// <summary>Session and frame sequence of every nonce used.</summary>
    public Action<ushort, ulong>? NonceUsed { get; init; }
}

/// <summary>The image that an incremental or differential one builds on: named by id and by root digest.</summary>
public sealed record ParentLink(Guid ImageId, ChunkDigest RootDigest);

public static class ImageLimits
{
    public const int MinChunkSize = 4 << 10;
    public const int MaxChunkSize = 4 << 20;
    public const int DefaultChunkSize = 256 << 10;
    public const int DefaultKdfIterations = 600_000;
    public const int MaxLevel = 19;

    /// <summary>The smallest part: 1 MiB, and four chunks.</summary>
    public static long MinSplitBytes(int chunkSize) => Math.Max(1 << 20, 4L * chunkSize + (64 << 10));
}
