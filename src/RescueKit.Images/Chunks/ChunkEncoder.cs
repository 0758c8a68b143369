using RescueKit.Model;

namespace RescueKit.Images.Chunks;

/// <summary>Digest and compression of one chunk at a time; one instance per worker thread. Allocates nothing per chunk.</summary>
public sealed class ChunkEncoder : IDisposable
{
    internal ChunkEncoder() => throw new NotImplementedException();

    /// <summary>
    /// Digests <paramref name="content"/> (exactly one chunk, the last of the disk may be shorter; bytes outside the allocation
    /// map and unreadable bytes already zero) and compresses it, unless it is zero or a probable duplicate.
    /// The result's memory comes from a pool and goes back with its Dispose (ImageWriter.Put does that).
    /// </summary>
    public EncodedChunk Encode(long chunk, ReadOnlySpan<byte> content) => throw new NotImplementedException();

    public void Dispose() { }
}

/// <summary>A chunk ready to be appended.</summary>
public sealed class EncodedChunk : IDisposable
{
    public long Chunk { get; internal set; }
    public ChunkDigest Digest { get; internal set; }
    public bool IsZero { get; internal set; }
    public void Dispose() { }
}
