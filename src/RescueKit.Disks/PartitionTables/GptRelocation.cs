using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

public static class GptRelocation
{
    /// <summary>
    /// What has to be written so that a GPT made for <paramref name="disk"/> is right on a disk of <paramref name="newLength"/> bytes:
    /// primary header (alternate LBA, last usable LBA, CRCs), backup array and header at the new end, protective MBR size.
    /// Empty for other tables or an equal length. Also gives the repaired primary where only the backup was good.
    /// </summary>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource disk, DiskLayout layout, long newLength) => throw new NotImplementedException();
}
