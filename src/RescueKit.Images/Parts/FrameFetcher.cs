using RescueKit.Images.Codecs;
using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Parts;

/// <summary>Reads, checks and decrypts one frame at a time into a buffer of its own. One instance per thread.</summary>
internal sealed class FrameFetcher(uint seed, SessionKeys? keys) : IDisposable
{
    private const int SmallestBuffer = 64 << 10;
    private readonly Dictionary<ushort, FrameCipher> _ciphers = [];
    private AlignedBuffer? _buffer;

    public ChunkDecompressor Decompressor { get; } = new();

    /// <summary>
    /// The payload, decrypted; valid until the next call. The CRC of a clear chunk is left to its digest unless asked for.
    /// </summary>
    /// <exception cref="ImageDamagedException">There is no such frame, or it is not what was written.</exception>
    /// <exception cref="DeviceException">The part cannot be read there.</exception>
    public ReadOnlySpan<byte> Fetch(IPartReader part, FrameLocation at, FrameType type, int maxPayload, out FrameHeader header, bool checkCrc = true)
    {
        if (at.StoredLength > maxPayload) throw Damaged(part, at, $"a payload of {at.StoredLength} bytes is too long for its kind");
        var length = (int)FrameHeader.Total(at.StoredLength);
        if (at.Offset > part.Length - length) throw Damaged(part, at, $"a frame of {length} bytes would end past the part's {part.Length}");
        var frame = Room(length);
        part.Read(at.Offset, frame);
        if (!FrameHeader.TryParse(frame, seed, out header)) throw Damaged(part, at, "there is no frame of this image");
        if (header.Type != type || header.StoredLength != at.StoredLength)
            throw Damaged(part, at, $"there is a {header.Type} frame of {header.StoredLength} bytes where a {type} frame of {at.StoredLength} belongs");
        var payload = frame.Slice(FrameHeader.Size, at.StoredLength);
        if (checkCrc && frame[(FrameHeader.Size + at.StoredLength)..].ContainsAnyExcept((byte)0))
            throw Damaged(part, at, $"the padding behind the {type} frame is not zero");
        if (keys is null || header.IsAlwaysClear)
        {
            if (checkCrc && Crc32C.Of(payload) != header.PayloadCrc) throw Damaged(part, at, $"the {type} frame's checksum does not match");
            return payload;
        }
        if (payload.Length < FormatLimits.TagSize) throw Damaged(part, at, "an encrypted frame is shorter than its tag");
        var text = payload[..^FormatLimits.TagSize];
        if (!Cipher(header.Session).TryOpen(at.Part, at.Offset, frame, header.Sequence, text, payload[text.Length..]))
            throw Damaged(part, at, $"the {type} frame does not authenticate: damaged, moved or tampered with");
        return text;
    }

    /// <summary>Decodes a chunk into <paramref name="content"/> and checks it against its digest.</summary>
    public void FetchChunk(IPartReader part, FrameLocation at, in ChunkDigest digest, Span<byte> content, bool checkCrc)
    {
        var payload = Fetch(part, at, FrameType.Chunk, FormatLimits.MaxChunkPayload(FormatLimits.MaxStoredChunk), out var header, checkCrc);
        if (payload.Length < FormatLimits.ChunkPrefix || header.ContentLength > content.Length)
            throw Damaged(part, at, "the chunk frame's lengths contradict each other");
        if (!Decompressor.TryDecompress(header.Codec, payload[FormatLimits.ChunkPrefix..], content[..header.ContentLength]))
            throw Damaged(part, at, $"the chunk does not decode as {header.Codec}");
        content[header.ContentLength..].Clear();
        if (ChunkDigest.Of(content) != digest) throw Damaged(part, at, "the chunk's content does not match its digest");
    }

    public void Dispose()
    {
        foreach (var cipher in _ciphers.Values) cipher.Dispose();
        _ciphers.Clear();
        Decompressor.Dispose();
        ((IDisposable?)_buffer)?.Dispose();
        _buffer = null;
    }

    private static ImageDamagedException Damaged(IPartReader part, FrameLocation at, string why) =>
        new($"{part.Name} is damaged at offset {at.Offset}: {why}", "use another copy of the image");

    private Span<byte> Room(int length)
    {
        if (_buffer is null || _buffer.Length < length)
        {
            ((IDisposable?)_buffer)?.Dispose();
            _buffer = new AlignedBuffer(Math.Max(SmallestBuffer, (int)Math.Min(int.MaxValue, (long)length + length / 8)));
        }
        return _buffer.Span[..length];
    }

    private FrameCipher Cipher(ushort session)
    {
        if (!_ciphers.TryGetValue(session, out var cipher)) _ciphers[session] = cipher = keys!.NewCipher(session);
        return cipher;
    }
}
