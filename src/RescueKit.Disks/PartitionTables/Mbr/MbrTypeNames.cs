namespace RescueKit.Disks.PartitionTables.Mbr;

/// <summary>What people call the common MBR partition types.</summary>
internal static class MbrTypeNames
{
    public static string? Of(byte type) => type switch
    {
        0x01 => "FAT12",
        0x04 or 0x06 or 0x0e => "FAT16",
        0x05 or 0x0f or 0x85 => "extended",
        0x07 => "NTFS or exFAT",
        0x0b or 0x0c => "FAT32",
        0x11 or 0x14 or 0x16 or 0x1b or 0x1c or 0x1e => "hidden FAT",
        0x12 => "vendor's diagnostics",
        0x17 => "hidden NTFS",
        0x27 => "Windows recovery",
        0x42 => "Windows dynamic disk",
        0x82 => "Linux swap",
        0x83 => "Linux",
        0x84 => "hibernation",
        0x8e => "Linux LVM",
        0xa5 => "FreeBSD",
        0xa6 => "OpenBSD",
        0xa8 => "macOS UFS",
        0xa9 => "NetBSD",
        0xaf => "HFS+",
        0xbe or 0xbf => "Solaris",
        0xda => "data without file system",
        0xde => "Dell utilities",
        0xee => "GPT protective",
        0xef => "EFI system",
        0xfb => "VMware VMFS",
        0xfd => "Linux RAID",
        _ => null,
    };
}
