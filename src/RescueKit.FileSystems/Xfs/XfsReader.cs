using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// XFS of versions 4 and 5. Believes the trees of free space where the log changes no allocation, both trees hold the same in every group, and all counts agree; else the
/// whole volume.
/// </summary>
/// <remarks>
/// The limit of this: files are not walked. Version 5 protects every structure that is read here by a checksum and its owner; in version 4 two trees would have to
/// be damaged in the same way, with right counts, to be believed.
/// </remarks>
public sealed class XfsReader : IAllocationReader
{
    public string Family => "xfs";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < XfsSuperblock.Size) return null;
        var bytes = new byte[XfsSuperblock.Size];
        volume.Read(0, bytes);
        if (!XfsSuperblock.HasMagic(bytes)) return null;
        var superblock = XfsSuperblock.Parse(bytes);
        var content = new VolumeContent { Type = "XFS", Label = superblock.Label, Uuid = superblock.Uuid, BlockSize = superblock.BlockSize };
        try
        {
            if (superblock.SectorSize > bytes.Length && superblock.SectorSize <= volume.Length)
            {
                bytes = new byte[superblock.SectorSize];
                volume.Read(0, bytes);
                superblock = XfsSuperblock.Parse(bytes);
            }
            superblock.Validate(volume.Length);
            content = content with { ClaimedLength = superblock.Length };
            return Judge(volume, superblock, content);
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    private static VolumeContent Judge(IBlockSource volume, XfsSuperblock superblock, VolumeContent content)
    {
        if (superblock.LogStart == 0)
            return content with { WholeReason = "its log lies on another volume, so it is not known whether it is empty: taken whole" };
        if (superblock.RealtimeBlocks != 0)
            return content with { WholeReason = "a part of its files lies on another volume (realtime): taken whole" };
        switch (new XfsLog(volume, superblock).State())
        {
            case XfsLogState.Clean:
                return content with { Map = XfsVerification.Map(volume, superblock, countsAreFinal: true) };
            case XfsLogState.CountsOnly:
                return content with
                {
                    Unclean = true,
                    Map = XfsVerification.Map(volume, superblock, countsAreFinal: false),
                    Warnings = ["The log holds counters alone, as a frozen XFS leaves it: taken is what is in use, and the log is left to the restored system."],
                };
            default:
                return Unclean(volume, superblock, content);
        }
    }

    /// <summary>Whole, with a map for whoever accepts the risk where the trees on the disk agree.</summary>
    private static VolumeContent Unclean(IBlockSource volume, XfsSuperblock superblock, VolumeContent content)
    {
        const string reason = "its log needs to be replayed, or is not understood";
        content = content with { Unclean = true, WholeReason = $"{reason}: taken whole" };
        try
        {
            return content with { UncleanMap = XfsVerification.Map(volume, superblock, countsAreFinal: false) };
        }
        catch (Exception e) when (e is MalformedException or BlockReadException)
        {
            return content with { WholeReason = $"{reason}; {e.Message}: taken whole" };
        }
    }
}
