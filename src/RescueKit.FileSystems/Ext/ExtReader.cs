using RescueKit.Model;
using static RescueKit.FileSystems.Ext.ExtFeatures;

namespace RescueKit.FileSystems.Ext;

/// <summary>ext2, ext3 and ext4. Believes the block bitmaps of a file system that is clean, error-free and consistent in all its counts.</summary>
public sealed class ExtReader : IAllocationReader
{
    private const ushort StateClean = 1;
    private const ushort StateErrors = 2;
    private const ushort StateOrphans = 4;

    public string Family => "ext";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < ExtSuperblock.Offset + ExtSuperblock.Size) return null;
        var bytes = new byte[ExtSuperblock.Size];
        volume.Read(ExtSuperblock.Offset, bytes);
        if (!ExtSuperblock.HasMagic(bytes)) return null;
        var superblock = ExtSuperblock.Parse(bytes);
        var content = new VolumeContent
        {
            Type = superblock.Type,
            Label = superblock.Label,
            Uuid = superblock.Uuid,
            BlockSize = superblock.BlockSize,
        };
        if (superblock.Has(Incompatible.JournalDevice))
            return content with { WholeReason = "journal of an ext file system on another volume: taken whole" };
        try
        {
            superblock.Validate(volume.Length);
            content = content with { ClaimedLength = superblock.Length };
            return Judge(volume, new ExtLayout(superblock), content);
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    private static VolumeContent Judge(IBlockSource volume, ExtLayout layout, VolumeContent content)
    {
        var superblock = layout.Superblock;
        if ((superblock.State & StateErrors) != 0)
            return Unclean(volume, layout, content, "the file system has recorded errors, so its bitmaps are not proven");
        if ((superblock.State & StateOrphans) != 0)
            return Unclean(volume, layout, content, "the file system was interrupted while it removed deleted files");
        if (superblock.Has(Incompatible.NeedsRecovery))
            return Unclean(volume, layout, content, "the journal needs to be replayed");
        if (superblock.Has(Compatible.HasJournal) && superblock.JournalInode == 0)
            return content with { WholeReason = "the journal lies on another volume: taken whole" };
        if ((superblock.State & StateClean) == 0)
            return Unclean(volume, layout, content, "the file system was not cleanly unmounted");
        var bitmaps = ExtVerification.Verified(volume, layout, ExtStrictness.Clean);
        return content with { Map = ExtVerification.Map(volume, layout, bitmaps) };
    }

    private static VolumeContent Unclean(IBlockSource volume, ExtLayout layout, VolumeContent content, string reason)
    {
        content = content with { Unclean = true, WholeReason = $"{reason}: taken whole" };
        try
        {
            var bitmaps = ExtVerification.Verified(volume, layout, ExtStrictness.Unclean);
            return content with { UncleanMap = ExtVerification.Map(volume, layout, bitmaps) };
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{reason}, and {e.Message}: taken whole" };
        }
        catch (BlockReadException e)
        {
            return content with { WholeReason = $"{reason}, and {e.Message}: taken whole" };
        }
    }
}
