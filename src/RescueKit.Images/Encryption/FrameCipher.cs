using System.Buffers.Binary;
using System.Security.Cryptography;
using RescueKit.Images.Format;

namespace RescueKit.Images.Encryption;

/// <summary>
/// AES-256-GCM under one session's key. The nonce is the frame's sequence number, which a session never uses twice; image
/// id, part, offset and the clear header are authenticated with each payload. Not thread-safe: one per thread.
/// </summary>
internal sealed class FrameCipher : IDisposable
{
    private const int ContextSize = 16 + 4 + 8;
    private readonly AesGcm _aes;
    private readonly byte[] _associated = new byte[ContextSize + FrameHeader.Size];

    public FrameCipher(ReadOnlySpan<byte> key, Guid imageId)
    {
        _aes = new AesGcm(key, FormatLimits.TagSize);
        imageId.TryWriteBytes(_associated, bigEndian: true, out _);
    }

    /// <summary>Encrypts a payload in place; the header must be final.</summary>
    public void Seal(int part, long offset, ReadOnlySpan<byte> header, ulong sequence, Span<byte> payload, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[12];
        Prepare(part, offset, header, sequence, nonce);
        _aes.Encrypt(nonce, payload, payload, tag, _associated);
    }

    /// <summary>Decrypts a payload in place; false where it is not what was sealed at this place.</summary>
    public bool TryOpen(int part, long offset, ReadOnlySpan<byte> header, ulong sequence, Span<byte> payload, ReadOnlySpan<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[12];
        Prepare(part, offset, header, sequence, nonce);
        try
        {
            _aes.Decrypt(nonce, payload, tag, payload, _associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _aes.Dispose();

    private void Prepare(int part, long offset, ReadOnlySpan<byte> header, ulong sequence, Span<byte> nonce)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_associated.AsSpan(16), (uint)part);
        BinaryPrimitives.WriteUInt64LittleEndian(_associated.AsSpan(20), (ulong)offset);
        header[..FrameHeader.Size].CopyTo(_associated.AsSpan(ContextSize));
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], sequence);
    }
}
