using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>
/// Payload of a header frame: opens every part and every session, and stands in front of each footer, so that no single bad
/// sector loses the key. Always clear (FORMAT.md, "Header frame").
/// </summary>
internal sealed record ImageHeader
{
    public const int Size = 224;
    public const long FrameSize = 256;

    /// <summary>Where the first session's spare header lies in the first part.</summary>
    public const long SpareOffset = FrameSize + FormatLimits.SpareDistance;
    public const ushort Major = 1;
    public const ushort Minor = 0;
    public static ReadOnlySpan<byte> Magic => "RescueKit image\n"u8;

    public required Guid ImageId { get; init; }
    public required int Part { get; init; }
    public required ulong Incompatible { get; init; }
    public required ulong Compatible { get; init; }
    public required ushort Session { get; init; }
    public required byte[] SessionSalt { get; init; }
    public required KeySlot Keys { get; init; }

    public bool IsEncrypted => ((IncompatibleFeatures)Incompatible).HasFlag(IncompatibleFeatures.Encrypted);

    /// <summary>What the header CRC of every other frame of the image is seeded with.</summary>
    public uint Seed => SeedOf(ImageId);

    public static uint SeedOf(Guid imageId) => Crc32C.Of(imageId.ToByteArray(bigEndian: true));

    public void Write(FrameBuilder to) => to
        .Bytes(Magic)               // +0x00
        .U16(Major).U16(Minor)      // +0x10
        .U32(Part)                  // +0x14
        .Id(ImageId)                // +0x18
        .U64(Incompatible)          // +0x28
        .U64(Compatible)            // +0x30
        .U16(Session).Zeros(6)      // +0x38
        .Bytes(SessionSalt)         // +0x40
        .Byte(Keys.Kdf).Zeros(3)    // +0x60
        .U32(Keys.Iterations)       // +0x64
        .Bytes(Keys.Salt)           // +0x68
        .Bytes(Keys.Nonce)          // +0x88
        .Bytes(Keys.WrappedKey)     // +0x94
        .Bytes(Keys.Tag)            // +0xB4
        .Zeros(28);                 // +0xC4

    /// <exception cref="ImageUnsupportedException">Another version, or an unknown feature.</exception>
    /// <exception cref="ImageDamagedException">Not a header's payload.</exception>
    public static ImageHeader Parse(ReadOnlySpan<byte> payload, string name)
    {
        var from = new ByteReader(payload, $"the header of {name}");
        if (!from.Bytes(Magic.Length).SequenceEqual(Magic)) throw from.Damaged("does not begin with the format's name");
        var major = from.U16();
        var minor = from.U16();
        if (major != Major) throw new ImageUnsupportedException($"{name} has format version {major}.{minor}; this version reads {Major}.x", "use a newer RescueKit");
        var part = from.Int32("part number", 1, FormatLimits.MaxParts);
        var id = from.Id();
        var incompatible = from.U64();
        Features.RefuseUnknown(incompatible, name);
        var compatible = from.U64();
        var session = from.U16();
        from.Bytes(6);
        var salt = from.Bytes(32).ToArray();
        var kdf = from.Byte();
        from.Bytes(3);
        var keys = new KeySlot(kdf, (int)Math.Min(int.MaxValue, from.U32()), from.Bytes(32).ToArray(), from.Bytes(12).ToArray(),
            from.Bytes(32).ToArray(), from.Bytes(16).ToArray());
        return new ImageHeader
        {
            ImageId = id,
            Part = part,
            Incompatible = incompatible,
            Compatible = compatible,
            Session = session,
            SessionSalt = salt,
            Keys = keys,
        };
    }
}

/// <summary>The master key, wrapped by a key that is derived from the passphrase. All zero where the image is not encrypted.</summary>
/// <param name="Kdf">0 none, 1 PBKDF2-HMAC-SHA-512.</param>
internal sealed record KeySlot(byte Kdf, int Iterations, byte[] Salt, byte[] Nonce, byte[] WrappedKey, byte[] Tag)
{
    public const byte Pbkdf2Sha512 = 1;
    public static KeySlot None { get; } = new(0, 0, new byte[32], new byte[12], new byte[32], new byte[16]);
}
