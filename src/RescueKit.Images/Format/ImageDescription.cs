using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>What an image says of the disk it was taken from and how: the metadata frame, as JSON in snake_case (FORMAT.md).</summary>
public sealed record ImageDescription
{
    public required SourceDisk Disk { get; init; }
    public required IReadOnlyList<ImagedVolume> Volumes { get; init; }
    public required Taking Taken { get; init; }

    /// <summary>Raw sectors of every table area, so that a plan can be made without reading chunks. Also part of the content.</summary>
    public IReadOnlyList<RawArea> TableAreas { get; init; } = [];

    /// <summary>The tool and version that wrote it.</summary>
    public required string Writer { get; init; }

    /// <summary>What was odd about the disk's partition table, a sentence each ("the primary GPT is damaged…"); null where nothing was.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

public sealed record SourceDisk(
    long Length, int LogicalSectorSize, int PhysicalSectorSize, string TableKind, int TableSectorSize, string? DiskId, string Name,
    string? Model, string? Serial, string? Wwn, string? Bus)
{
    /// <summary>True for a file, which has no sector size of its own; null where it is the disk's.</summary>
    public bool? SectorSizeIsGuess { get; init; }
}

/// <summary>A partition (or the whole disk, number 0) as found and as imaged. Offsets and sizes in bytes.</summary>
public sealed record ImagedVolume(
    int Number, long Offset, long Length, string PartitionType, string? PartitionTypeName, string? PartitionId, string? PartitionName,
    ulong Attributes, string FileSystem, string? Label, string? Uuid, int BlockSize, long UsedBytes, bool Whole, string? WholeReason,
    bool Unclean, long ExcludedBytes, bool SetMember, bool EndAnchored, bool Included, IReadOnlyList<string> Warnings);

/// <summary>How the image was taken.</summary>
/// <param name="Kind">"cold" or "hot".</param>
/// <param name="Consistency">"offline", "application", "file-system" or "crash".</param>
public sealed record Taking(string Kind, string Consistency, DateTimeOffset StartedAt)
{
    public string? Provider { get; init; }
    public IReadOnlyList<string> Writers { get; init; } = [];
    public double? FreezeSeconds { get; init; }
    public string? Host { get; init; }
}

public sealed record RawArea(long Offset, byte[] Bytes)
{
    public Extent Extent => new(Offset, Bytes.Length);
}
