using RescueKit.Model;

namespace RescueKit.FileSystems.ExFat;

/// <summary>exFAT 1.0. The percentage in use is a hint and proves nothing, so it is not consulted.</summary>
/// <remarks>
/// The limit of this: files are not walked, and nothing on the volume tells that a bitmap which calls their clusters free is damaged; the
/// drivers believe it just so.
/// </remarks>
public sealed class ExFatReader : IAllocationReader
{
    private const int NameLength = 512;

    public string Family => "exfat";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < NameLength) return null;
        Span<byte> sector = stackalloc byte[NameLength];
        volume.Read(0, sector);
        var named = ExFatBootRegion.HasName(sector);
        var (boot, damage) = FindBootRegion(volume, sector);
        if (boot is null) return named ? new VolumeContent { Type = "exFAT", WholeReason = $"{damage}: taken whole" } : null;

        var content = new VolumeContent
        {
            Type = "exFAT",
            Uuid = boot.Serial,
            BlockSize = boot.ClusterSize,
            ClaimedLength = boot.Length,
            Unclean = boot.IsDirty || damage is not null,
            Warnings = boot.HasMediaFailure ? ["The system that used this exFAT volume has met failures of the medium."] : [],
        };
        try
        {
            var chain = new ExFatChain(volume, boot);
            var root = ExFatRootDirectory.Read(volume, boot, chain);
            content = content with { Label = root.VolumeLabel };
            var map = new ExFatAllocationMap(volume, boot, root, chain);
            // The backup's flags are stale by specification (3.1.13), so only the main region can say that the volume is clean.
            if (damage is not null)
                return content with { UncleanMap = map, WholeReason = $"{damage}, and the backup boot region cannot tell whether it is clean: taken whole" };
            // Without a journal a directory entry may point at clusters that the bitmap does not hold as used yet.
            return boot.IsDirty
                ? content with { UncleanMap = map, WholeReason = "it was not cleanly unmounted: taken whole" }
                : content with { Map = map };
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    /// <summary>
    /// The main region at sector 0, else the backup at sector 12, whose sector size has to be tried where the main one is lost; and what
    /// is wrong with the main one, null where nothing is.
    /// </summary>
    private static (ExFatBootRegion? Boot, string? Damage) FindBootRegion(IBlockSource volume, ReadOnlySpan<byte> sector)
    {
        var damage = "its boot sector is damaged";
        var claimed = ExFatBootRegion.HasName(sector) ? ExFatBootRegion.SectorSizeIn(sector) : 0;
        if (claimed != 0 && TryParse(volume, 0, claimed, ref damage) is { } main) return (main, null);

        for (var sectorSize = 512; sectorSize <= 4096; sectorSize *= 2)
        {
            var ignored = "";
            if (TryParse(volume, ExFatBootRegion.Sectors * sectorSize, sectorSize, ref ignored) is { } backup)
                return (backup, damage);
        }
        return (null, damage);
    }

    private static ExFatBootRegion? TryParse(IBlockSource volume, long offset, int sectorSize, ref string damage)
    {
        var region = new byte[ExFatBootRegion.Sectors * sectorSize];
        if (offset + region.Length > volume.Length)
        {
            damage = $"its boot region ends past the {volume.Length} bytes of the volume";
            return null;
        }
        volume.Read(offset, region);
        try
        {
            return ExFatBootRegion.SectorSizeIn(region) == sectorSize ? ExFatBootRegion.Parse(region, volume.Length) : null;
        }
        catch (MalformedException e)
        {
            damage = e.Message;
            return null;
        }
    }
}
