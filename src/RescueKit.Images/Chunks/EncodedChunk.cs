using System.Buffers.Binary;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Chunks;

/// <summary>A chunk ready to be appended.</summary>
public sealed class EncodedChunk : IDisposable
{
    private readonly EncodedChunkPool _pool;
    private readonly AlignedBuffer _buffer;
    private int _rented;

    internal EncodedChunk(EncodedChunkPool pool, int dataCapacity)
    {
        _pool = pool;
        _buffer = new AlignedBuffer(FrameHeader.Size + FormatLimits.ChunkPrefix + dataCapacity + FrameBuilder.Slack);
    }

    public long Chunk { get; internal set; }
    public ChunkDigest Digest { get; internal set; }
    public bool IsZero { get; internal set; }

    internal CodecKind Codec { get; private set; }
    internal int ContentLength { get; private set; }
    internal int PayloadLength { get; private set; }
    internal uint? PayloadCrc { get; private set; }

    /// <summary>Held as it is because it is probably stored already; to be compressed if it is not.</summary>
    internal bool IsUncompressed { get; private set; }

    /// <summary>Header room, payload and slack, ready for <c>FrameAppender.Append</c>.</summary>
    internal Span<byte> Frame => _buffer.Span;
    internal Span<byte> Data => _buffer.Span[(FrameHeader.Size + FormatLimits.ChunkPrefix)..^FrameBuilder.Slack];

    /// <summary>Holds content (without its trailing zeros) as it is.</summary>
    internal void HoldUncompressed(ReadOnlySpan<byte> content)
    {
        content.CopyTo(Data);
        ContentLength = content.Length;
        IsUncompressed = true;
    }

    /// <summary>Holds content (without its trailing zeros) as a frame's payload, compressed where that makes it shorter.</summary>
    internal void Hold(ReadOnlySpan<byte> content, ChunkCompressor compressor, CodecKind codec, bool withCrc)
    {
        var length = compressor.Compress(content, Data);
        // A gain of less than 1/64 is not worth decoding.
        var worthIt = length > 0 && length <= content.Length - content.Length / 64 - 1;
        if (!worthIt) content.CopyTo(Data);
        Codec = worthIt ? codec : CodecKind.None;
        ContentLength = content.Length;
        PayloadLength = FormatLimits.ChunkPrefix + (worthIt ? length : content.Length);
        IsUncompressed = false;
        var payload = _buffer.Span.Slice(FrameHeader.Size, PayloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(payload, Chunk);
        var digest = Digest;
        digest[..].CopyTo(payload[8..]);
        PayloadCrc = withCrc ? Crc32C.Of(payload) : null;
    }

    internal void Rent(long chunk)
    {
        _rented = 1;
        Chunk = chunk;
        IsZero = IsUncompressed = false;
    }

    internal void Free() => ((IDisposable)_buffer).Dispose();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, 0) == 1) _pool.Return(this);
    }
}

/// <summary>
/// Chunk buffers of one writer: as many as are under way at once, used again and again, the one used last first, because the
/// processor's cache still holds it. Thread-safe.
/// </summary>
internal sealed class EncodedChunkPool(int chunkSize) : IDisposable
{
    // Beyond the bounds of both codecs: LZ4 n + n/255 + 16, zstd n + n/256 + 64.
    private readonly int _capacity = chunkSize + chunkSize / 128 + 256;
    private readonly Lock _lock = new();
    private readonly Stack<EncodedChunk> _free = new();
    private bool _closed;

    public EncodedChunk Rent(long chunk)
    {
        EncodedChunk? encoded;
        lock (_lock) _free.TryPop(out encoded);
        encoded ??= new EncodedChunk(this, _capacity);
        encoded.Rent(chunk);
        return encoded;
    }

    public void Return(EncodedChunk chunk)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _free.Push(chunk);
                return;
            }
        }
        chunk.Free();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            while (_free.TryPop(out var chunk)) chunk.Free();
        }
    }
}
