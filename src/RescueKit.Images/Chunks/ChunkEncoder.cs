using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Chunks;

/// <summary>Digest and compression of one chunk at a time; one instance per worker thread. Allocates nothing per chunk.</summary>
public sealed class ChunkEncoder : IDisposable
{
    private readonly ImageWriter _writer;
    private readonly EncodedChunkPool _pool;
    private readonly ImageGeometry _geometry;
    private readonly CodecKind _codec;
    private readonly bool _withCrc;
    private readonly ChunkCompressor _compressor;

    internal ChunkEncoder(ImageWriter writer, EncodedChunkPool pool, ImageGeometry geometry, CodecKind codec, int? level, bool withCrc)
    {
        (_writer, _pool, _geometry, _codec, _withCrc) = (writer, pool, geometry, codec, withCrc);
        _compressor = new ChunkCompressor(codec, level);
    }

    /// <summary>
    /// Digests <paramref name="content"/> (exactly one chunk, the last of the disk may be shorter; bytes outside the allocation
    /// map and unreadable bytes already zero) and compresses it, unless it is zero or a probable duplicate.
    /// The result's memory comes from a pool and goes back with its Dispose (ImageWriter.Put does that).
    /// </summary>
    public EncodedChunk Encode(long chunk, ReadOnlySpan<byte> content)
    {
        if ((ulong)chunk >= (ulong)_geometry.ChunkCount || content.Length != _geometry.ChunkRange(chunk).Length)
            throw new ArgumentException($"{content.Length} bytes are not chunk {chunk} of the disk", nameof(content));
        var encoded = _pool.Rent(chunk);
        var length = content.LastIndexOfAnyExcept((byte)0) + 1;
        encoded.IsZero = length == 0;
        if (length == 0)
        {
            encoded.Digest = ZeroDigests.Of(content.Length);
            return encoded;
        }
        encoded.Digest = ChunkDigest.Of(content);
        if (_writer.IsProbablyStored(chunk, encoded.Digest)) encoded.HoldUncompressed(content[..length]);
        else encoded.Hold(content[..length], _compressor, _codec, _withCrc);
        return encoded;
    }

    /// <summary>For a chunk that proved not to be stored after all.</summary>
    internal void Compress(EncodedChunk held, EncodedChunk into)
    {
        into.Digest = held.Digest;
        into.Hold(held.Data[..held.ContentLength], _compressor, _codec, _withCrc);
    }

    public void Dispose() => _compressor.Dispose();
}
