using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>
/// FAT12, FAT16 and FAT32. FSInfo's free count is a hint that drivers let go stale, so it proves nothing and is not consulted.
/// </summary>
public sealed class FatReader : IAllocationReader
{
    public string Family => "fat";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < FatBootSector.Size) return null;
        Span<byte> sector = stackalloc byte[FatBootSector.Size];
        volume.Read(0, sector);
        FatBootSector? boot;
        try
        {
            boot = FatBootSector.Parse(sector, volume.Length);
        }
        catch (MalformedException e)
        {
            return new VolumeContent { Type = "FAT", WholeReason = $"{e.Message}: taken whole" };
        }
        return boot is null ? null : Describe(volume, boot);
    }

    private static VolumeContent Describe(IBlockSource volume, FatBootSector boot)
    {
        var content = new VolumeContent
        {
            Type = boot.TypeName,
            Label = FatLabel.Read(volume, boot),
            Uuid = boot.Serial,
            BlockSize = boot.ClusterSize,
            ClaimedLength = boot.Length,
        };
        var head = ReadHead(volume, boot);
        if (head.Damage is not null) return content with { WholeReason = $"{head.Damage}: taken whole" };

        var map = new FatAllocationMap(volume, boot);
        content = content with { Warnings = [.. head.Warnings, .. FatSurvey.Warnings(volume, boot)] };
        if (boot.IsDirty || head.IsDirty)
        {
            // A FAT has no journal: after a crash a directory entry may point at clusters that no FAT holds as used yet.
            return content with { Unclean = true, UncleanMap = map, WholeReason = "it was not cleanly unmounted: taken whole" };
        }
        return content with { Map = map };
    }

    /// <summary>
    /// Entries 0 and 1 of each FAT: the media byte with all higher bits set, and the volume flags (specification, 4: the two top bits of
    /// entry 1, which FAT12 does not have). A missing media byte means that something else has been written over the FAT.
    /// </summary>
    private static (string? Damage, bool IsDirty, IReadOnlyList<string> Warnings) ReadHead(IBlockSource volume, FatBootSector boot)
    {
        var warnings = new List<string>();
        var dirty = false;
        Span<byte> entries = stackalloc byte[8];
        for (var copy = 0; copy < boot.FatCount; copy++)
        {
            volume.Read(boot.FatOffset + copy * boot.FatLength, entries);
            var pair = BinaryPrimitives.ReadUInt64LittleEndian(entries);
            var (mask, valueBits) = boot.EntryBits switch { 12 => (0xFFFUL, 12), 16 => (0xFFFFUL, 16), _ => (0x0FFF_FFFFUL, 28) };
            var media = pair & mask;
            if ((media & ~0xFFUL) != (mask & ~0xFFUL) || (media & 0xFF) is not (0xF0 or >= 0xF8))
                return ($"entry 0 of FAT {copy + 1} is 0x{media:X}, not a media mark", dirty, warnings);
            if (boot.EntryBits == 12) continue;

            var flags = (pair >> boot.EntryBits) & mask;
            dirty |= (flags & (1UL << (valueBits - 1))) == 0;
            if ((flags & (1UL << (valueBits - 2))) == 0 && warnings.Count == 0)
                warnings.Add("The system that used this FAT volume last met read or write errors on it.");
        }
        return (RootDamage(volume, boot), dirty, warnings);
    }

    /// <summary>FAT32's root directory is a chain like any other: where no FAT leads to it, it is not known where it ends.</summary>
    private static string? RootDamage(IBlockSource volume, FatBootSector boot)
    {
        if (boot.RootCluster == 0) return null;
        Span<byte> entry = stackalloc byte[4];
        for (var copy = 0; copy < boot.FatCount; copy++)
        {
            volume.Read(boot.FatOffset + copy * boot.FatLength + boot.RootCluster * 4L, entry);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(entry) & FatEntry.Mask32;
            if (value is 0 or 1 or FatEntry.Bad32) return $"FAT {copy + 1} holds the root directory's first cluster as {(value == FatEntry.Bad32 ? "bad" : "free")}";
        }
        return null;
    }
}
