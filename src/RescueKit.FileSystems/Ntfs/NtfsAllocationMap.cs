using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>What $Bitmap marks, what is kept whatever it says, less what the user left out.</summary>
internal sealed class NtfsAllocationMap : IAllocationMap
{
    private readonly ClusterBitmap _bitmap;
    private readonly int _clusterSize;
    private readonly Extent _volume;
    private readonly ExtentSet _always;
    private readonly ExtentSet _excluded;

    /// <param name="volumeLength">Bytes: what lies behind the last whole cluster is used, the backup boot sector among it.</param>
    /// <param name="always">Used whatever the bitmap says.</param>
    /// <exception cref="BlockReadException">A part of the bitmap cannot be read.</exception>
    public NtfsAllocationMap(ClusterBitmap bitmap, int clusterSize, long volumeLength, ExtentSet always, ExtentSet excluded)
    {
        (_bitmap, _clusterSize, _excluded) = (bitmap, clusterSize, excluded);
        _volume = new Extent(0, volumeLength);
        _always = always.Union(ExtentSet.Of(Extent.FromTo(bitmap.ClusterCount * clusterSize, volumeLength)));
        // Windows of one page of the bitmap, so that a heavily fragmented volume needs no long set here.
        var step = ClusterBitmap.ClustersPerPage * clusterSize;
        for (var at = 0L; at < volumeLength; at += step) UsedBytes += UsedIn(new Extent(at, Math.Min(step, volumeLength - at))).TotalLength;
    }

    public long UsedBytes { get; }

    public ExtentSet UsedIn(Extent window)
    {
        window = window.Intersect(_volume);
        if (window.IsEmpty) return ExtentSet.Empty;
        var used = new ExtentSetBuilder();
        var end = Math.Min(_bitmap.ClusterCount, window.End / _clusterSize + (window.End % _clusterSize == 0 ? 0 : 1));
        _bitmap.AddUsed(window.Offset / _clusterSize, end, _clusterSize, used);
        return used.ToSet().Clip(window).Union(_always.Clip(window)).Except(_excluded.Clip(window));
    }
}
