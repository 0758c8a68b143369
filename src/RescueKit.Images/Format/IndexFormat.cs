using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Where a directory frame lies, and the digest of its payload.</summary>
internal readonly record struct DirectoryFrame(FrameLocation At, ChunkDigest Digest)
{
    public const int RowSize = FrameLocation.Size + ChunkDigest.Size;
}

/// <summary>Payload of the index frame: totals, digests, and where everything else begins (FORMAT.md, "Index").</summary>
internal sealed record IndexFormat
{
    private const int FixedSize = 7 * 8 + 4 * 4 + 2 * FrameLocation.Size + 3 * ChunkDigest.Size;
    private const int SessionRowSize = 4 + 32;

    public required ImageSummary Summary { get; init; }
    public required int RegionCount { get; init; }
    public required IReadOnlyList<FrameLocation> Descriptions { get; init; }
    public required ChunkDigest DescriptionDigest { get; init; }
    public required ChunkDigest ContentDigest { get; init; }
    public required IReadOnlyList<DirectoryFrame> Directories { get; init; }

    /// <summary>Bytes of each part, the last one's final length included.</summary>
    public required IReadOnlyList<long> PartLengths { get; init; }
    public required IReadOnlyList<(ushort Session, byte[] Salt)> Sessions { get; init; }

    public static int SizeOf(int directories, int parts, int sessions) =>
        FixedSize + directories * DirectoryFrame.RowSize + parts * 8 + sessions * SessionRowSize;

    public void Write(FrameBuilder to)
    {
        to.U64(Summary.StoredBytes).U64(Summary.UsedBytes).U64(Summary.UnreadableBytes).U64(Summary.ExcludedBytes)
            .U64(Summary.DataChunks).U64(Summary.ZeroChunks).U64(Summary.DuplicateChunks)
            .U32(RegionCount).U32(Directories.Count).U32(PartLengths.Count).U32(Sessions.Count);
        foreach (var description in Descriptions) description.Write(to);
        to.Digest(DescriptionDigest).Digest(ContentDigest).Digest(Summary.RootDigest);
        foreach (var row in Directories)
        {
            row.At.Write(to);
            to.Digest(row.Digest);
        }
        foreach (var length in PartLengths) to.U64(length);
        foreach (var (session, salt) in Sessions) to.U32(session).Bytes(salt);
    }

    public static IndexFormat Parse(ReadOnlySpan<byte> payload, Guid imageId)
    {
        var from = new ByteReader(payload, "the index");
        Span<long> totals = stackalloc long[7];
        foreach (ref var total in totals) total = from.Int64("a total", 0, long.MaxValue);
        var regions = from.Int32("region count", 1, FormatLimits.MaxRegions);
        var directoryCount = from.Int32("directory count", 1, FormatLimits.MaxRegions / FormatLimits.DirectoryRows);
        var partCount = from.Int32("part count", 1, FormatLimits.MaxParts);
        var sessionCount = from.Int32("session count", 1, FormatLimits.MaxSessions);
        if (directoryCount != (regions - 1) / FormatLimits.DirectoryRows + 1) throw from.Damaged($"has {directoryCount} directories for {regions} regions");
        if (payload.Length != SizeOf(directoryCount, partCount, sessionCount)) throw from.Damaged($"has {payload.Length} bytes, which its counts contradict");
        FrameLocation[] descriptions = [FrameLocation.Read(ref from), FrameLocation.Read(ref from)];
        var descriptionDigest = from.Digest();
        var contentDigest = from.Digest();
        var rootDigest = from.Digest();
        var directories = new DirectoryFrame[directoryCount];
        foreach (ref var row in directories.AsSpan()) row = new DirectoryFrame(FrameLocation.Read(ref from), from.Digest());
        var parts = new long[partCount];
        foreach (ref var length in parts.AsSpan()) length = from.Int64("part length", ImageHeader.FrameSize, long.MaxValue);
        var sessions = new (ushort, byte[])[sessionCount];
        foreach (ref var session in sessions.AsSpan())
            session = ((ushort)from.Int32("session", 0, ushort.MaxValue), from.Bytes(32).ToArray());
        from.End();
        return new IndexFormat
        {
            Summary = new ImageSummary(imageId, rootDigest, partCount, totals[0], totals[1], totals[2], totals[3], totals[4], totals[5], totals[6]),
            RegionCount = regions,
            Descriptions = descriptions,
            DescriptionDigest = descriptionDigest,
            ContentDigest = contentDigest,
            Directories = directories,
            PartLengths = parts,
            Sessions = sessions,
        };
    }
}
