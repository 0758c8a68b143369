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
    bool Unclean, long ExcludedBytes, bool SetMember, bool EndAnchored, bool Included, IReadOnlyList<string> Warnings)
{
    /// <summary>As <see cref="Taking.Consistency"/>, for this one; null where it was not in use, or in a cold image.</summary>
    public string? Consistency { get; init; }
}

/// <summary>How the image was taken.</summary>
/// <param name="Kind">"cold" or "hot".</param>
/// <param name="Consistency">"offline", "application", "file-system" or "crash".</param>
public sealed record Taking(string Kind, string Consistency, DateTimeOffset StartedAt)
{
    public string? Provider { get; init; }

    /// <summary>Names of those that were frozen.</summary>
    public IReadOnlyList<string> Writers { get; init; } = [];
    public double? FreezeSeconds { get; init; }
    public string? Host { get; init; }

    /// <summary>All writers, in the order in which they froze; null where there were none, here and in the rest.</summary>
    public IReadOnlyList<TakingWriter>? WriterResults { get; init; }

    /// <summary>First writer's freeze to last one's thaw.</summary>
    public double? WriterSeconds { get; init; }

    /// <summary>Database servers that ran with files on the disk.</summary>
    public IReadOnlyList<TakingDatabase>? Databases { get; init; }

    /// <summary>How long a moment without writes was waited for, and whether it came.</summary>
    public double? QuietSeconds { get; init; }
    public bool? QuietReached { get; init; }
}

/// <param name="State">"frozen", "failed", "skipped".</param>
/// <param name="Marker">The position in its own log that the image holds.</param>
/// <param name="Partitions">Numbers of those it has files on.</param>
public sealed record TakingWriter(string Name, string Type, string State, string? Message, double Seconds, string? Marker, IReadOnlyList<int> Partitions);

/// <param name="Writer">That froze it; null where none did.</param>
public sealed record TakingDatabase(string Program, string Folder, IReadOnlyList<int> Partitions, string? Writer);

public sealed record RawArea(long Offset, byte[] Bytes)
{
    public Extent Extent => new(Offset, Bytes.Length);
}
