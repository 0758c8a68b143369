using System.Buffers.Binary;
using System.Security.Cryptography;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Encryption;

/// <summary>The random key of an image; sessions derive theirs from it (FORMAT.md, "Encryption").</summary>
internal sealed class MasterKey(byte[] key, Guid imageId) : IDisposable
{
    public const int Size = 32;

    public static (MasterKey Key, KeySlot Slot) Create(
        Guid imageId, ulong incompatible, ReadOnlySpan<byte> passphrase, int iterations, FillRandom random)
    {
        var key = new byte[Size];
        var slot = new KeySlot(KeySlot.Pbkdf2Sha512, iterations, new byte[32], new byte[12], new byte[Size], new byte[16]);
        random(key);
        random(slot.Salt);
        random(slot.Nonce);
        Span<byte> wrapping = stackalloc byte[Size];
        Rfc2898DeriveBytes.Pbkdf2(passphrase, slot.Salt, wrapping, iterations, HashAlgorithmName.SHA512);
        using (var cipher = new AesGcm(wrapping, slot.Tag.Length))
            cipher.Encrypt(slot.Nonce, key, slot.WrappedKey, slot.Tag, AssociatedData(imageId, incompatible, slot));
        CryptographicOperations.ZeroMemory(wrapping);
        return (new MasterKey(key, imageId), slot);
    }

    /// <exception cref="WrongPassphraseException">The wrapped key does not authenticate.</exception>
    public static MasterKey Unwrap(ImageHeader header, ReadOnlySpan<byte> passphrase, string name)
    {
        var slot = header.Keys;
        if (slot.Kdf != KeySlot.Pbkdf2Sha512)
            throw new ImageUnsupportedException($"{name} derives its key by method {slot.Kdf}, which this version does not have", "use a newer RescueKit");
        if (slot.Iterations is < 1 or > FormatLimits.MaxKdfIterations)
            throw new ImageUnsupportedException($"{name} wants {slot.Iterations} rounds of key derivation; at most {FormatLimits.MaxKdfIterations} are accepted");
        var key = new byte[Size];
        Span<byte> wrapping = stackalloc byte[Size];
        Rfc2898DeriveBytes.Pbkdf2(passphrase, slot.Salt, wrapping, slot.Iterations, HashAlgorithmName.SHA512);
        try
        {
            using var cipher = new AesGcm(wrapping, slot.Tag.Length);
            cipher.Decrypt(slot.Nonce, slot.WrappedKey, slot.Tag, key, AssociatedData(header.ImageId, header.Incompatible, slot));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new WrongPassphraseException($"the passphrase does not open {name}, or its key area was altered");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wrapping);
        }
        return new MasterKey(key, header.ImageId);
    }

    public FrameCipher Session(ReadOnlySpan<byte> salt)
    {
        Span<byte> info = stackalloc byte[17 + 16];
        "RescueKit session"u8.CopyTo(info);
        imageId.TryWriteBytes(info[17..], bigEndian: true, out _);
        Span<byte> sessionKey = stackalloc byte[Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, sessionKey, salt, info);
        var cipher = new FrameCipher(sessionKey, imageId);
        CryptographicOperations.ZeroMemory(sessionKey);
        return cipher;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(key);

    /// <summary>Binds what an attacker could otherwise weaken: fewer rounds, another image, features switched off.</summary>
    private static byte[] AssociatedData(Guid imageId, ulong incompatible, KeySlot slot)
    {
        var data = new byte[16 + 16 + 8 + 8 + 32];
        "RescueKit key v1"u8.CopyTo(data);
        imageId.TryWriteBytes(data.AsSpan(16), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(32), incompatible);
        data[40] = slot.Kdf;
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(44), (uint)slot.Iterations);
        slot.Salt.CopyTo(data, 48);
        return data;
    }
}

/// <summary>Fills a span with random bytes; injected by tests.</summary>
internal delegate void FillRandom(Span<byte> bytes);
