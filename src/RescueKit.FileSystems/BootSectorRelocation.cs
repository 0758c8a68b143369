using RescueKit.Model;

namespace RescueKit.FileSystems;

public static class BootSectorRelocation
{
    /// <summary>
    /// What has to be rewritten inside a volume (offsets relative to it) when it comes to lie at another place of a disk: the hidden
    /// sectors of NTFS and FAT boot sectors and their backups, exFAT's partition offset with both boot checksums. Empty for others.
    /// </summary>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource volume, string type, long newStart, int sectorSize) => throw new NotImplementedException();
}
