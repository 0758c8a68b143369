namespace RescueKit.Images.Format;

/// <summary>What a reader accepts; everything beyond is refused before memory is taken for it (FORMAT.md, "Limits").</summary>
internal static class FormatLimits
{
    public const int MaxPayload = 32 << 20;
    public const int MaxDescription = 16 << 20;
    public const int MaxRegions = 1 << 20;
    public const int MaxChunksPerRegion = 4096;
    public const long MaxRegionBytes = 1L << 30;
    public const int MaxExtents = (1 << 20) + 1;
    public const int MaxParts = 9999;
    public const int MaxSessions = 1024;
    public const int MaxKdfIterations = 5_000_000;
    public const int DirectoryRows = 1024;

    /// <summary>Bytes between a thing and its spare copy, so that no bad sector hits both; the length of a padding frame.</summary>
    public const int SpareDistance = 4096;

    /// <summary>Chunk number and digest in front of a chunk frame's data.</summary>
    public const int ChunkPrefix = 40;

    /// <summary>AES-GCM tag behind an encrypted payload.</summary>
    public const int TagSize = 16;

    /// <summary>No chunk is larger, so no frame needs more.</summary>
    public const int MaxStoredChunk = ImageLimits.MaxChunkSize;

    /// <summary>The largest payload of a chunk frame: stored as it is, encrypted.</summary>
    public static int MaxChunkPayload(int chunkSize) => ChunkPrefix + chunkSize + TagSize;
}
