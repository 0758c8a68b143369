namespace RescueKit.Model;

public enum PartitionTableKind { None, Mbr, Gpt }

/// <summary>How a disk is divided. Offsets in bytes from the start of the disk.</summary>
public sealed record DiskLayout
{
    public required PartitionTableKind Kind { get; init; }

    /// <summary>The sector size the table counts in: 512 or 4096 (may differ from a file's guessed one).</summary>
    public required int SectorSize { get; init; }

    /// <summary>MBR disk signature as 8 hex digits, or GPT disk GUID, lower case; null where there is none.</summary>
    public string? DiskId { get; init; }

    /// <summary>Ordered by number. A disk with a file system and no table has one partition, number 0, which spans it.</summary>
    public IReadOnlyList<Partition> Partitions { get; init; } = [];

    /// <summary>Sectors that hold tables: MBR, every EBR, both GPT headers and arrays.</summary>
    public ExtentSet TableAreas { get; init; } = ExtentSet.Empty;

    /// <summary>For example "the primary GPT is damaged; the backup was used".</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <param name="Number">As Linux numbers it: GPT entry + 1; MBR 1 to 4, logical from 5; 0 for the whole disk.</param>
/// <param name="Extent">In bytes.</param>
/// <param name="Type">MBR type as "0x83"; GPT type GUID in lower case; "none" for the whole disk.</param>
/// <param name="Id">GPT partition GUID; null for MBR.</param>
public sealed record Partition(int Number, Extent Extent, string Type, string? TypeName = null, string? Id = null, string? Name = null)
{
    /// <summary>GPT attribute bits, or the MBR boot flag (0x80).</summary>
    public ulong Attributes { get; init; }
}

/// <summary>Bytes to be put at a place of a disk: tables that have to be changed on the way.</summary>
public sealed record BlockPatch(long Offset, ReadOnlyMemory<byte> Bytes)
{
    public Extent Extent => new(Offset, Bytes.Length);
}
