using RescueKit.Images.Format;

namespace RescueKit.Engine.Inspection;

/// <summary>`image info --json`. Sizes and offsets in bytes; null where unknown, or encrypted and not opened.</summary>
public sealed record ImageDocument
{
    public required string Path { get; init; }
    public required Guid ImageId { get; init; }
    public required bool Complete { get; init; }
    public required bool Encrypted { get; init; }

    /// <summary>False for an encrypted image without its passphrase: then only what is clear is filled in.</summary>
    public required bool Opened { get; init; }
    public string? Codec { get; init; }
    public int? ChunkSize { get; init; }

    /// <summary>64 hex digits; null while the image is not complete.</summary>
    public string? RootDigest { get; init; }
    public ParentDocument? Parent { get; init; }
    public required IReadOnlyList<PartDocument> Parts { get; init; }
    public required IReadOnlyList<int> MissingParts { get; init; }

    /// <summary>All parts together.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>What there is to image; in an incomplete image the partitions' used bytes alone, without tables and gaps.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Of what there is to image, how much the image holds so far.</summary>
    public long? DoneBytes { get; init; }
    public long? UnreadableBytes { get; init; }
    public long? ExcludedBytes { get; init; }
    public string? Writer { get; init; }
    public TakingDocument? Taken { get; init; }
    public ImageDiskDocument? Disk { get; init; }
    public required IReadOnlyList<ImageVolumeDocument> Partitions { get; init; }

    /// <summary>What was odd about the disk's partition table when it was taken.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What had to be worked around to open it, and files beside it that were left out.</summary>
    public required IReadOnlyList<string> Repairs { get; init; }
}

public sealed record ParentDocument(Guid ImageId, string RootDigest);

public sealed record PartDocument(string Name, long Length);

public sealed record TakingDocument(
    string Kind, string Consistency, DateTimeOffset StartedAt, string? Host, string? Provider, IReadOnlyList<string> Writers, double? FreezeSeconds)
{
    public IReadOnlyList<TakingWriter> WriterResults { get; init; } = [];
    public double? WriterSeconds { get; init; }
    public IReadOnlyList<TakingDatabase> Databases { get; init; } = [];
    public double? QuietSeconds { get; init; }
    public bool? QuietReached { get; init; }
}

public sealed record ImageDiskDocument(
    string Name, long Length, int LogicalSectorSize, int PhysicalSectorSize, string Table, string? DiskId, string? Model, string? Serial,
    string? Wwn, string? Bus);

public sealed record ImageVolumeDocument(
    int Number, long Offset, long Length, string Type, string? TypeName, string? Id, string? Name, string FileSystem, string? Label, string? Uuid,
    int BlockSize, long UsedBytes, bool Whole, string? WholeReason, bool Unclean, long ExcludedBytes, bool SetMember, bool Included,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Of a hot image's partition that was in use, what its content is worth.</summary>
    public string? Consistency { get; init; }
}
