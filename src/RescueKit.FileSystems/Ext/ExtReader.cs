using System.Buffers.Binary;
using RescueKit.FileSystems.Ext.Journal;
using RescueKit.Model;
using static RescueKit.FileSystems.Ext.ExtFeatures;

namespace RescueKit.FileSystems.Ext;

/// <summary>
/// ext2, ext3 and ext4. Believes the block bitmaps of a file system that is clean, error-free and consistent in all its counts; where
/// only the journal is missing, takes a proven superset; else the whole volume.
/// </summary>
/// <remarks>
/// The limit of this: bitmaps are believed, files are not walked. With metadata_csum a damaged bitmap is seen by its checksum. Without (ext2,
/// ext3, older ext4) one that calls a file's blocks free is seen only by the free counts of its group and of the superblock, or where it
/// frees metadata or the journal; a bitmap in which as many bits were cleared as set passes, as it does with the kernel.
/// </remarks>
public sealed class ExtReader : IAllocationReader
{
    private const uint MmpMagic = 0x004D4D50;
    private const uint MmpClean = 0xFF4D4D50;

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
            Unclean = superblock.Doubt is not null || superblock.Has(Incompatible.NeedsRecovery),
        };
        if (superblock.Has(Incompatible.JournalDevice))
            return content with { Unclean = false, WholeReason = "journal of an ext file system on another volume: taken whole" };
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
        if (superblock.Doubt is { } doubt) return Unclean(volume, layout, content, doubt);
        if (superblock.Has(Incompatible.Mmp) && !MmpIsClean(volume, layout))
            return Unclean(volume, layout, content, "another machine has the file system mounted, or it was not cleanly unmounted (mmp)");
        var journal = (ExtJournal?)null;
        if (superblock.Has(Compatible.HasJournal))
        {
            if (superblock.JournalInode == 0 || superblock.HasExternalJournal)
                return content with { WholeReason = "the journal lies on another volume, so it is not known whether it is empty: taken whole" };
            journal = ExtJournal.Open(volume, layout);
            if (journal.HasRecordedError) return Unclean(volume, layout, content, "the journal has recorded an error, so the bitmaps are not proven");
            if (journal.NeedsReplay) return WithJournal(volume, layout, content, journal);
        }
        else if (superblock.Has(Incompatible.NeedsRecovery))
        {
            throw new MalformedException("a journal needs to be replayed, but there is none");
        }
        var bitmaps = ExtVerification.Verified(volume, layout, ExtStrictness.Clean);
        journal?.VerifyIsMarked(bitmaps);
        return content with { Map = ExtVerification.Map(volume, layout, bitmaps) };
    }

    private static VolumeContent WithJournal(IBlockSource volume, ExtLayout layout, VolumeContent content, ExtJournal journal)
    {
        const string state = "The journal needs to be replayed";
        try
        {
            return content with
            {
                Unclean = true,
                Map = ExtVerification.Map(volume, layout, journal.Superset()),
                Warnings = [$"{state}: taken is what the disk or any copy in the journal calls used, and the replay is left to the restored system."],
            };
        }
        catch (MalformedException e)
        {
            return Unclean(volume, layout, content, $"{state}, and {e.Message}");
        }
    }

    /// <summary>Whole, with a map for whoever accepts the risk where the bitmaps on the disk can be read.</summary>
    private static VolumeContent Unclean(IBlockSource volume, ExtLayout layout, VolumeContent content, string reason)
    {
        content = content with { Unclean = true, WholeReason = $"{reason}: taken whole" };
        try
        {
            var bitmaps = ExtVerification.Verified(volume, layout, ExtStrictness.Unclean);
            return content with { UncleanMap = ExtVerification.Map(volume, layout, bitmaps) };
        }
        catch (Exception e) when (e is MalformedException or BlockReadException)
        {
            return content with { WholeReason = $"{reason}; {e.Message}: taken whole" };
        }
    }

    /// <summary>Multiple mount protection: a block that says who has the file system mounted. Source: Linux fs/ext4/mmp.c.</summary>
    private static bool MmpIsClean(IBlockSource volume, ExtLayout layout)
    {
        var block = layout.Superblock.MmpBlock;
        if (block <= layout.Superblock.FirstDataBlock || block >= layout.Superblock.BlockCount)
            throw new MalformedException($"the mmp block {block} is out of range");
        var bytes = new byte[8];
        volume.Read((long)block * layout.BlockSize, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) == MmpMagic && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) == MmpClean;
    }
}
