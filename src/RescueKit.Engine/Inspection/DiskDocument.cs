namespace RescueKit.Engine.Inspection;

/// <summary>`disk list --json`.</summary>
public sealed record DiskListDocument(IReadOnlyList<DiskDocument> Disks);

/// <summary>`disk show --json`, and one disk of the list. Sizes and offsets in bytes; null where unknown.</summary>
public sealed record DiskDocument
{
    public required string Path { get; init; }

    /// <summary>"disk", "file", "loop" and so on.</summary>
    public required string Kind { get; init; }
    public required long Length { get; init; }
    public string? Model { get; init; }
    public string? Serial { get; init; }
    public string? Wwn { get; init; }
    public string? Bus { get; init; }
    public string? Port { get; init; }
    public required string ConfirmId { get; init; }
    public required int LogicalSectorSize { get; init; }
    public required int PhysicalSectorSize { get; init; }
    public bool ReadOnly { get; init; }
    public bool Removable { get; init; }
    public bool Rotational { get; init; }

    /// <summary>True for the disk that the running system lives on.</summary>
    public bool SystemDisk { get; init; }

    /// <summary>Why it is in use, each a phrase; empty where it is free.</summary>
    public required IReadOnlyList<string> Uses { get; init; }

    /// <summary>"none", "mbr", "gpt"; null where the disk could not be read.</summary>
    public string? Table { get; init; }
    public int? TableSectorSize { get; init; }
    public string? DiskId { get; init; }
    public required IReadOnlyList<PartitionDocument> Partitions { get; init; }
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Why it could not be looked into; null where it could.</summary>
    public string? Error { get; init; }
}

/// <summary>A partition, or the whole of a disk without a table (number 0).</summary>
public sealed record PartitionDocument
{
    public required int Number { get; init; }
    public required long Offset { get; init; }
    public required long Length { get; init; }
    public required string Type { get; init; }
    public string? TypeName { get; init; }
    public string? Id { get; init; }
    public string? Name { get; init; }
    public string? FileSystem { get; init; }
    public string? Label { get; init; }
    public string? Uuid { get; init; }
    public int? BlockSize { get; init; }

    /// <summary>What a backup would take: the used blocks, or the whole length where the map cannot be trusted.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Why it would be taken whole; null where it would not.</summary>
    public string? WholeReason { get; init; }
    public bool Unclean { get; init; }
    public bool Hibernated { get; init; }
    public bool SetMember { get; init; }
    public string? MountedAt { get; init; }
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Volumes inside it, for example logical volumes, as far as they can be looked into; null where there are none.</summary>
    public IReadOnlyList<NestedDocument>? Nested { get; init; }
}

/// <summary>A volume inside a partition: one content, or partitions again.</summary>
public sealed record NestedDocument
{
    /// <summary>For example "logical volume vg/root".</summary>
    public required string Name { get; init; }
    public required long Length { get; init; }
    public required long UsedBytes { get; init; }
    public required IReadOnlyList<PartitionDocument> Partitions { get; init; }
}
