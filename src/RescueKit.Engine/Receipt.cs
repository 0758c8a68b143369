namespace RescueKit.Engine;

/// <summary>The machine-readable record of a finished run; JSON in snake_case, bytes as integers.</summary>
public sealed record Receipt
{
    public required string Operation { get; init; }

    /// <summary>"complete", "complete with losses", "failed".</summary>
    public required string Verdict { get; init; }

    /// <summary>A failed run that failed because it was told to stop.</summary>
    public bool Cancelled { get; init; }
    public required string ToolVersion { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset FinishedAt { get; init; }
    public string? Source { get; init; }
    public string? Target { get; init; }
    public Guid? ImageId { get; init; }
    public string? RootDigest { get; init; }

    /// <summary>Content taken from the source; where a run failed, until then.</summary>
    public long BytesRead { get; init; }

    /// <summary>To the target, or by this run to the image.</summary>
    public long BytesWritten { get; init; }

    /// <summary>All parts of a finished image together.</summary>
    public long BytesStored { get; init; }
    public long BytesVerified { get; init; }
    public long BytesUnreadable { get; init; }
    public long BytesExcluded { get; init; }
    public int Parts { get; init; }

    /// <summary>Disk ranges that could not be read.</summary>
    public IReadOnlyList<UnreadableRange> Unreadable { get; init; } = [];
    public IReadOnlyList<PlanItem> Partitions { get; init; } = [];
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was left out though nobody asked for that: sentences. Makes the verdict "complete with losses".</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>
    /// SHA-256 over the source's tables, boot sectors and superblocks before and after the run: equal, or the run failed. The second is
    /// null where some of them could be read one time only.
    /// </summary>
    public string? SourceMetadataBefore { get; init; }
    public string? SourceMetadataAfter { get; init; }

    /// <summary>How the source of a hot backup or clone was frozen; null for all other runs.</summary>
    public HotRecord? Hot { get; init; }
    public string? Error { get; init; }

    /// <summary>DESIGN §5.</summary>
    public int ExitCode { get; init; }
}

public sealed record UnreadableRange(long Offset, long Length, int? Partition);
