using System.Buffers.Binary;

namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// File systems that are known by name only. Places and marks from their headers in Linux (include/uapi/linux/magic.h, fs/…) and from
/// Apple's, Microsoft's, ECMA's and the BSDs' descriptions.
/// </summary>
internal static class FileSystemSignatures
{
    private const string NotRead = "which of its blocks are in use is not read yet";
    private const long Jfs = 32 << 10, Reiser = 64 << 10, OldReiser = 8 << 10, Descriptors = 32 << 10;

    /// <summary>Marks of at least four bytes at a fixed place, or shorter ones with more to check: nothing else looks like this.</summary>
    public static Recognised? Find(VolumeBytes volume) =>
        AtStart(volume) ?? AtFirstKibibyte(volume) ?? Further(volume) ?? Ufs(volume) ?? Optical(volume);

    /// <summary>Marks so short, or so likely to outlive what they stood for, that any file system which reads well goes before them.</summary>
    public static Recognised? FindWeak(VolumeBytes volume)
    {
        if (volume.Has(1024, "BD"u8) && IsHfsBlockSize(volume.UInt32BigEndian(1024 + 20))) return new Recognised("HFS", NotRead);
        var minix = volume.UInt16(1024 + 16) is 0x137F or 0x138F or 0x2468 or 0x2478 || volume.UInt16(1024 + 24) == 0x4D5A;
        if (minix && volume.UInt16(1024) != 0) return new Recognised("Minix", NotRead);
        for (var at = 0x4000L; at <= 0x400000; at *= 2)
        {
            if (volume.Has(at, [(byte)'S', (byte)'K', (byte)'U', (byte)'L', 0xBA, 0xBE]))
                return new Recognised("LUKS2", "its first header is lost, its second one still there") { Uuid = volume.Text(at + 168, 40), Label = volume.Text(at + 24, 48) };
        }
        return null;
    }

    private static Recognised? AtStart(VolumeBytes volume)
    {
        if (volume.Has(32, "NXSB"u8)) return new Recognised("APFS", NotRead) { Uuid = volume.Uuid(72) };
        if (volume.Has(3, "ReFS\0\0\0\0"u8)) return new Recognised("ReFS", NotRead);
        return volume.Has(0, "hsqs"u8) ? new Recognised("squashfs", "it is read-only and packed already") : null;
    }

    private static Recognised? AtFirstKibibyte(VolumeBytes volume)
    {
        const long At = 1024;
        if (volume.UInt32(At) == 0xF2F52010)
            return new Recognised("F2FS", NotRead) { Uuid = volume.Uuid(At + 0x6C), Label = volume.Utf16Text(At + 0x7C, 1024) };
        if (volume.UInt32(At) == 0xE0F5E1E2)
            return new Recognised("EROFS", "it is read-only and packed already") { Uuid = volume.Uuid(At + 48), Label = volume.Text(At + 64, 16) };
        // Version 4 is HFS+, 5 the case-sensitive one.
        var plus = (volume.Has(At, "H+\0\u0004"u8) || volume.Has(At, "HX\0\u0005"u8)) && IsHfsBlockSize(volume.UInt32BigEndian(At + 40));
        // Macs put HFS+ into a small HFS, which names what it embeds (Apple's technical note TN1150, "HFS Wrapper").
        var embedded = volume.Has(At, "BD"u8) && (volume.Has(At + 124, "H+"u8) || volume.Has(At + 124, "HX"u8)) && IsHfsBlockSize(volume.UInt32BigEndian(At + 20));
        if (plus || embedded) return new Recognised("HFS+", NotRead);
        // Its revision, its magic, and its length: a short mark by itself.
        if (volume.UInt32(At) == 2 && volume.UInt16(At + 6) == 0x3434 && volume.UInt16(At + 8) is > 0 and <= 1024)
            return new Recognised("NILFS2", NotRead) { Uuid = volume.Uuid(At + 152), Label = volume.Text(At + 168, 80) };
        return null;
    }

    private static Recognised? Further(VolumeBytes volume)
    {
        if (volume.Has(Jfs, "JFS1"u8)) return new Recognised("JFS", NotRead) { Uuid = volume.Uuid(Jfs + 136), Label = volume.Text(Jfs + 152, 16) };
        foreach (var at in new[] { Reiser, OldReiser })
        {
            if (volume.Has(at + 0x34, "ReIsEr2Fs"u8) || volume.Has(at + 0x34, "ReIsEr3Fs"u8) || volume.Has(at + 0x34, "ReIsErFs"u8))
                return new Recognised("ReiserFS", NotRead) { Uuid = volume.Uuid(at + 84), Label = volume.Text(at + 100, 16) };
        }
        if (volume.Has(Reiser, "ReIsEr4"u8)) return new Recognised("Reiser4", NotRead) { Uuid = volume.Uuid(Reiser + 20), Label = volume.Text(Reiser + 36, 16) };
        return volume.Has(2 << 20, [0x5E, 0xF1, 0xAB, 0x2F]) ? new Recognised("VMFS", NotRead) : null;
    }

    /// <summary>The BSDs' file systems, in either byte order, at the four places where a superblock may lie.</summary>
    private static Recognised? Ufs(VolumeBytes volume)
    {
        foreach (var at in new long[] { 0, 8 << 10, 64 << 10, 256 << 10 })
        {
            var magic = volume.UInt32(at + 1372);
            if (IsUfs(magic) || IsUfs(BinaryPrimitives.ReverseEndianness(magic))) return new Recognised("UFS", NotRead);
        }
        return null;

        static bool IsUfs(uint magic) => magic is 0x00011954 or 0x19540119 or 0x00195612 or 0x00095014 or 0x00612195 or 0x05231994;
    }

    /// <summary>ECMA-167's volume recognition sequence: descriptors of 2 KiB from 32 KiB on. UDF goes before the ISO 9660 beside it.</summary>
    private static Recognised? Optical(VolumeBytes volume)
    {
        const int Size = 2048;
        Recognised? iso = null;
        for (var i = 0; i < 16; i++)
        {
            var at = Descriptors + i * Size;
            if (volume.Has(at + 1, "NSR02"u8) || volume.Has(at + 1, "NSR03"u8)) return new Recognised("UDF", NotRead);
            if (volume.Has(at + 1, "CD001"u8)) iso ??= new Recognised("ISO 9660", "it is read-only, without free space") { Label = volume.Text(at + 40, 32) };
            else if (!volume.Has(at + 1, "BEA01"u8) && !volume.Has(at + 1, "BOOT2"u8) && !volume.Has(at + 1, "TEA01"u8)) break;
        }
        return iso;
    }

    private static bool IsHfsBlockSize(uint size) => size is >= 512 and <= 1 << 30 && size % 512 == 0;
}
