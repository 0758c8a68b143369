using RescueKit.Model;
using static RescueKit.FileSystems.Btrfs.BtrfsFeatures;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>
/// One device of a btrfs, alone or of several. Believes the tree of extents where it agrees with the chunks, the tree of devices and all counts; else the whole volume.
/// </summary>
/// <remarks>
/// Btrfs changes nothing in place, so that what its superblock names is whole at any time; only a log of fsyncs makes it unclean, whose blocks are in no tree. Of several devices,
/// trees that cannot be read from this one alone leave it whole. The limit of this: who uses an extent is not followed, only that it is used.
/// </remarks>
public sealed class BtrfsReader : IAllocationReader
{
    public string Family => "btrfs";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < BtrfsSuperblock.Offset + BtrfsSuperblock.Size) return null;
        var bytes = new byte[BtrfsSuperblock.Size];
        volume.Read(BtrfsSuperblock.Offset, bytes);
        if (!BtrfsSuperblock.HasMagic(bytes)) return null;
        var superblock = BtrfsSuperblock.Parse(bytes);
        var content = new VolumeContent
        {
            Type = "btrfs",
            Label = superblock.Label,
            Uuid = superblock.Uuid,
            IsSetMember = superblock.DeviceCount > 1,
            Warnings = superblock.DeviceCount > 1 ? [$"It is one of {superblock.DeviceCount} devices of a btrfs: a restore needs the images of all of them, taken at the same time."] : [],
        };
        try
        {
            superblock.Validate(volume.Length);
            content = content with { BlockSize = superblock.SectorSize, ClaimedLength = (long)superblock.DeviceBytes };
            if (superblock.State.HasFlag(State.Error)) return Unclean(volume, superblock, content, "an error is recorded in it");
            if (superblock.LogRoot != 0) return Unclean(volume, superblock, content, "its log of fsyncs needs to be replayed");
            return content with { Map = BtrfsVerification.Map(new BtrfsVolume(volume, superblock)) };
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    /// <summary>Whole, with a map for whoever accepts the risk where the trees on the disk agree.</summary>
    private static VolumeContent Unclean(IBlockSource volume, BtrfsSuperblock superblock, VolumeContent content, string reason)
    {
        content = content with { Unclean = true, WholeReason = $"{reason}: taken whole" };
        try
        {
            return content with { UncleanMap = BtrfsVerification.Map(new BtrfsVolume(volume, superblock)) };
        }
        catch (Exception e) when (e is MalformedException or BlockReadException)
        {
            return content with { WholeReason = $"{reason}; {e.Message}: taken whole" };
        }
    }
}
