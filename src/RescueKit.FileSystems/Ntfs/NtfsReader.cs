using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>
/// NTFS 1.2 to 3.1, any cluster size. NTFS has no free count to hold the bitmap against, so the map is trusted only where the volume was
/// left cleanly, both copies of the first records agree, and the bitmap covers the system's own files.
/// </summary>
/// <remarks>
/// The limit of this: other files are not walked, and nothing on the volume tells that a bitmap which calls their clusters free is damaged;
/// the drivers believe it just so.
/// </remarks>
public sealed class NtfsReader : IAllocationReader
{
    public string Family => "ntfs";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (volume.Length < NtfsBootSector.Size) return null;
        Span<byte> sector = stackalloc byte[NtfsBootSector.Size];
        volume.Read(0, sector);
        if (!NtfsBootSector.HasSignature(sector)) return null;

        var content = new VolumeContent { Type = "NTFS", WholeReason = "" };
        try
        {
            var boot = NtfsBootSector.Parse(sector, volume.Length);
            content = content with
            {
                Uuid = boot.SerialNumber.ToString("X16"),
                BlockSize = boot.ClusterSize,
                ClaimedLength = boot.Length,
            };
            var mft = new MasterFileTable(volume, boot);
            // Asked first: a suspended system concerns the other volumes of the disk too, whatever else is wrong with this one.
            var swap = new WindowsSwapFiles(mft);
            var hibernated = swap.HibernatedReason();
            content = content with { Hibernated = hibernated is not null, Unclean = hibernated is not null };
            var ntfs = new NtfsVolume(mft);
            content = content with { Label = ntfs.Label };
            if (ntfs.Version is not ((1, 2) or (3, 0) or (3, 1)))
                throw new MalformedException($"NTFS version {ntfs.Version.Major}.{ntfs.Version.Minor} is not known");
            ntfs.CheckSystemFiles();
            return (hibernated ?? ntfs.UncleanReason()) is { } reason
                ? WithUncleanMap(content, ntfs, reason, options)
                : WithMap(content, ntfs, swap, options);
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    private static VolumeContent WithUncleanMap(VolumeContent content, NtfsVolume ntfs, string reason, AllocationOptions options) => content with
    {
        WholeReason = $"{reason}: taken whole",
        UncleanMap = Map(ntfs, ExtentSet.Empty),
        Unclean = true,
        Warnings = options.ExcludeWindowsSwap ? [$"No swap files were left out of the NTFS volume: {reason}."] : [],
    };

    private static VolumeContent WithMap(VolumeContent content, NtfsVolume ntfs, WindowsSwapFiles swap, AllocationOptions options)
    {
        if (!options.ExcludeWindowsSwap) return content with { WholeReason = null, Map = Map(ntfs, ExtentSet.Empty) };

        var warnings = new List<string>();
        var excluded = swap.Contents(warnings);
        var headers = swap.HibernationHeaders;
        // A damaged run list must not drop what belongs to others.
        if (!excluded.Intersect(ntfs.AlwaysUsed().Union(headers)).IsEmpty)
            throw new MalformedException("a swap file shares clusters with others");
        ntfs.CheckBitmapCovers(excluded.Union(headers), "swap files");
        return content with
        {
            WholeReason = null,
            Map = Map(ntfs, excluded),
            Excluded = excluded,
            ReadAsZero = headers,
            Warnings = warnings,
        };
    }

    private static NtfsAllocationMap Map(NtfsVolume ntfs, ExtentSet excluded) =>
        new(ntfs.Bitmap, ntfs.Mft.Boot.ClusterSize, ntfs.Mft.Volume.Length, ntfs.AlwaysUsed(), excluded);
}
