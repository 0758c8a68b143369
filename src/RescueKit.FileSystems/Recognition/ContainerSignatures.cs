using System.Buffers.Binary;
using System.Text;

namespace RescueKit.FileSystems.Recognition;

/// <summary>What holds other volumes, or one enciphered.</summary>
internal static class ContainerSignatures
{
    private const string Enciphered = "what it holds is enciphered";

    /// <summary>Of BitLocker To Go, at 0x1A8 of a boot sector that otherwise looks like FAT32 (libbde's format description).</summary>
    private static ReadOnlySpan<byte> ToGoId => [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

    private static ReadOnlySpan<byte> BcacheMagic => [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81];

    public static Recognised? Find(VolumeBytes volume) => Luks(volume) ?? BitLocker(volume) ?? Bcache(volume) ?? Drbd(volume) ?? Others(volume);

    /// <summary>LUKS on-disk format 1 and 2: the UUID is at the same place in both.</summary>
    private static Recognised? Luks(VolumeBytes volume)
    {
        if (!volume.Has(0, [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xBA, 0xBE])) return null;
        var version = BinaryPrimitives.ReverseEndianness(volume.UInt16(6));
        return new Recognised($"LUKS{version}", Enciphered)
        {
            Uuid = volume.Text(168, 40),
            Label = version == 2 ? volume.Text(24, 48) : null,
        };
    }

    private static Recognised? BitLocker(VolumeBytes volume)
    {
        if (volume.Has(3, "-FVE-FS-"u8)) return new Recognised("BitLocker", Enciphered);
        if (!volume.Has(3, "MSWIN4.1"u8)) return null;
        var metadata = volume.UInt64(0x1B8);
        var isToGo = volume.Has(0x1A8, ToGoId) || (metadata is > 0 and <= long.MaxValue && volume.Has((long)metadata, "-FVE-FS-"u8));
        return isToGo ? new Recognised("BitLocker", $"{Enciphered} (To Go: its FAT32 look is a cover)") : null;
    }

    private static Recognised? Bcache(VolumeBytes volume) => volume.Has(4096 + 24, BcacheMagic) && volume.UInt64(4096 + 8) == 8
        ? new Recognised("bcache", "part of its content may lie on another disk") { Uuid = volume.Uuid(4096 + 40), IsSetMember = true }
        : null;

    private static Recognised? Drbd(VolumeBytes volume)
    {
        var at = volume.Length / 4096 * 4096 - 4096;
        return volume.UInt32BigEndian(at + 60) is 0x8374026B or 0x8374026C or 0x8374026D
            ? new Recognised("DRBD", "it is one end of a replicated device") { IsSetMember = true, EndAnchored = true }
            : null;
    }

    private static Recognised? Others(VolumeBytes volume)
    {
        if (volume.Has(6 * 512, "PRIVHEAD"u8) || volume.Has(volume.Length / 512 * 512 - 512, "PRIVHEAD"u8))
            return new Recognised("Windows dynamic disk", "its volumes are known to the database at its end alone") { EndAnchored = true };
        if (volume.Has(1 << 20, [0x0D, 0xD0, 0x01, 0xC0])) return new Recognised("VMFS volume member", "its blocks are known to VMFS alone") { IsSetMember = true };
        if (volume.Has(512 + 4, "!Stra0tis"u8)) return new Recognised("Stratis", "its blocks are known to Stratis alone") { IsSetMember = true };
        if (volume.Has(0, "bluestore block device\n"u8)) return new Recognised("Ceph BlueStore", "its blocks are known to Ceph alone") { IsSetMember = true };
        return null;
    }
}
