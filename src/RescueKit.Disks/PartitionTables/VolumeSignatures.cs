using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>
/// Signs at the front of a disk that it holds one volume and no partition table. Only as much as tells the two apart: what the volume
/// is, and what of it is in use, is for the allocation readers to say.
/// </summary>
internal static class VolumeSignatures
{
    /// <summary>Everything below lies inside the first 128 KiB.</summary>
    public const int ProbeLength = 128 << 10;

    private static readonly (int Offset, byte[] Magic)[] s_magics =
    [
        (0, "XFSB"u8.ToArray()),
        (0, "LUKS"u8.ToArray()),
        (1024 + 0x38, [0x53, 0xef]), // ext2/3/4
        (1024, [0x10, 0x20, 0xf5, 0xf2]), // F2FS
        (1024, "H+\0\x04"u8.ToArray()), // HFS+
        (1024, "HX\0\x05"u8.ToArray()), // HFSX
        (32, "NXSB"u8.ToArray()), // APFS
        (0x10000 + 0x40, "_BHRfS_M"u8.ToArray()), // btrfs
        (0x8000, "JFS1"u8.ToArray()),
        (0x8001, "CD001"u8.ToArray()), // ISO 9660
        (0x10034, "ReIsEr"u8.ToArray()),
        (4086, "SWAPSPACE2"u8.ToArray()),
        (0, "LABELONE"u8.ToArray()), // LVM2 label, in any of the first four sectors
        (512, "LABELONE"u8.ToArray()),
        (1024, "LABELONE"u8.ToArray()),
        (1536, "LABELONE"u8.ToArray()),
        (0, [0xfc, 0x4e, 0x2b, 0xa9]), // md 1.1
        (4096, [0xfc, 0x4e, 0x2b, 0xa9]), // md 1.2
    ];

    public static bool HasSuperblock(ReadOnlySpan<byte> front)
    {
        foreach (var (offset, magic) in s_magics)
        {
            if (front.Length >= offset + magic.Length && front.Slice(offset, magic.Length).SequenceEqual(magic)) return true;
        }
        return false;
    }

    /// <summary>
    /// The first sector of FAT, NTFS, exFAT or BitLocker. It ends in 55AA as an MBR does, with boot code where an MBR has its entries. A
    /// GRUB or syslinux MBR leaves the parameter block empty, so its sector size tells them apart.
    /// </summary>
    public static bool IsVolumeBootRecord(ReadOnlySpan<byte> sector)
    {
        var maker = sector.Slice(3, 8);
        if (maker.SequenceEqual("EXFAT   "u8)) return true;
        var sectorSize = BinaryPrimitives.ReadUInt16LittleEndian(sector[11..]);
        if (sectorSize is < 256 or > 4096 || (sectorSize & (sectorSize - 1)) != 0) return false;
        if (maker.SequenceEqual("NTFS    "u8) || maker.SequenceEqual("-FVE-FS-"u8)) return true;
        var sectorsPerCluster = sector[13];
        var isFat = sectorsPerCluster != 0 && (sectorsPerCluster & (sectorsPerCluster - 1)) == 0
            && BinaryPrimitives.ReadUInt16LittleEndian(sector[14..]) != 0 // reserved sectors
            && sector[16] is 1 or 2 // FATs
            && (sector[21] == 0xf0 || sector[21] >= 0xf8); // medium
        return isFat;
    }

    /// <summary>Tables that RescueKit does not take apart; their disks are imaged whole.</summary>
    public static string? ForeignTable(ReadOnlySpan<byte> front)
    {
        if (front.Length < 1024) return null;
        if (front[..2].SequenceEqual("ER"u8) && front.Slice(512, 2).SequenceEqual("PM"u8)) return "an Apple partition map";
        if (front[508] == 0xda && front[509] == 0xbe) return "a Sun disk label";
        if (BinaryPrimitives.ReadUInt32BigEndian(front) == 0x0be5a941) return "an SGI disk label";
        if (BinaryPrimitives.ReadUInt32LittleEndian(front[512..]) == 0x82564557) return "a BSD disk label";
        return null;
    }
}
