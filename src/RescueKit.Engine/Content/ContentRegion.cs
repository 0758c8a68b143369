using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>Anything that has a disk's content by regions and chunks: a surveyed disk, or an image.</summary>
internal interface IDiskContent
{
    string Name { get; }

    /// <summary>Bytes.</summary>
    long Length { get; }
    int ChunkSize { get; }

    /// <summary>A multiple of the chunk size.</summary>
    long RegionBytes { get; }

    ContentRegion Open(int region);
}

/// <summary>A window of a disk: what of it is in use, and its content. All offsets are disk offsets.</summary>
internal abstract class ContentRegion(int index, Extent range)
{
    public int Index { get; } = index;
    public Extent Range { get; } = range;

    /// <summary>In use and part of the content; outside, the content is zero by definition.</summary>
    public required ExtentSet Used { get; init; }

    /// <summary>In use, left out on request; disjoint from <see cref="Used"/>.</summary>
    public required ExtentSet Excluded { get; init; }

    /// <summary>Part of <see cref="Used"/> that is known to be lost: content zero.</summary>
    public required ExtentSet Unreadable { get; init; }

    /// <summary>Whole chunks that have to be read.</summary>
    public required ExtentSet DataChunks { get; init; }

    /// <summary>Whole chunks with used bytes, all of which are known to be zero.</summary>
    public required ExtentSet ZeroChunks { get; init; }

    /// <summary>
    /// Fills <paramref name="content"/> with <paramref name="range"/> (whole chunks), zeros outside <see cref="Used"/>.
    /// </summary>
    /// <param name="quick">True gives up at the first unreadable sector, in use or not, without a second attempt.</param>
    public abstract void Read(Extent range, Span<byte> content, bool quick = false);

    /// <summary>The recorded digest of a chunk; null where there is none to compare with.</summary>
    public virtual ChunkDigest? DigestOf(long chunk) => null;
}
