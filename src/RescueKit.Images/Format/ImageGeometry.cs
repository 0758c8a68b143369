using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>How a disk divides into chunks and regions. Bytes.</summary>
internal sealed record ImageGeometry(long DiskLength, int ChunkSize, int ChunksPerRegion)
{
    public long RegionBytes => (long)ChunkSize * ChunksPerRegion;
    public int RegionCount => (int)((DiskLength - 1) / RegionBytes + 1);
    public long ChunkCount => (DiskLength - 1) / ChunkSize + 1;

    public Extent RegionRange(int region)
    {
        var start = region * RegionBytes;
        return new Extent(start, Math.Min(RegionBytes, DiskLength - start));
    }

    public long FirstChunk(int region) => (long)region * ChunksPerRegion;
    public int ChunkCountIn(int region) => (int)Math.Min(ChunksPerRegion, ChunkCount - FirstChunk(region));
    public int RegionOf(long chunk) => (int)(chunk / ChunksPerRegion);

    public Extent ChunkRange(long chunk)
    {
        var start = chunk * ChunkSize;
        return new Extent(start, Math.Min(ChunkSize, DiskLength - start));
    }

    /// <summary>Null where the three numbers make a geometry within the limits, else what is wrong.</summary>
    public string? Fault()
    {
        if (DiskLength < 1) return $"the disk has {DiskLength} bytes";
        if (ChunkSize is < ImageLimits.MinChunkSize or > ImageLimits.MaxChunkSize || !int.IsPow2(ChunkSize)) return $"chunks have {ChunkSize} bytes";
        if (ChunksPerRegion is < 1 or > FormatLimits.MaxChunksPerRegion || RegionBytes > FormatLimits.MaxRegionBytes) return $"regions have {ChunksPerRegion} chunks";
        if ((DiskLength - 1) / RegionBytes >= FormatLimits.MaxRegions) return $"{DiskLength} bytes make more than {FormatLimits.MaxRegions} regions";
        return null;
    }

    /// <summary>
    /// The writer's choice: a region's page must stay small beside a part (rows of at most 56 bytes; extents of at most 8 bytes for
    /// each KiB of a region), and regions stay at or below 1 GiB.
    /// </summary>
    public static int ChooseChunksPerRegion(int chunkSize, long? splitBytes)
    {
        var limit = Math.Min(FormatLimits.MaxChunksPerRegion, FormatLimits.MaxRegionBytes / chunkSize);
        if (splitBytes is { } split) limit = Math.Min(limit, Math.Min(split / 512, split * 16 / chunkSize));
        return 1 << (int)long.Log2(Math.Max(1, limit));
    }
}
