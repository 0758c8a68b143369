namespace RescueKit.Engine;

/// <summary>How a hot backup's source was frozen, as receipts and images tell it. Seconds.</summary>
/// <param name="Consistency">"application", "file-system", "crash"; "offline" where nothing of the disk was in use.</param>
/// <param name="FreezeSeconds">How long the file systems' users waited.</param>
public sealed record HotRecord(string Consistency, string? Provider, double? FreezeSeconds)
{
    /// <summary>A row for each imaged partition that was in use.</summary>
    public IReadOnlyList<HotVolume> Volumes { get; init; } = [];

    /// <summary>In the order in which they froze.</summary>
    public IReadOnlyList<HotWriter> Writers { get; init; } = [];

    /// <summary>Database servers that ran with files on these partitions.</summary>
    public IReadOnlyList<HotDatabase> Databases { get; init; } = [];

    /// <summary>From the first writer's freeze to the last one's thaw.</summary>
    public double? WriterSeconds { get; init; }

    /// <summary>Null where no quiet moment was waited for.</summary>
    public HotQuiet? Quiet { get; init; }
}

public sealed record HotVolume(int Partition, string Consistency);

/// <param name="State">"frozen", "failed", "skipped".</param>
/// <param name="Message">Why it failed or was skipped.</param>
/// <param name="Seconds">How long it was frozen.</param>
/// <param name="Marker">The position in its own log that the snapshot holds.</param>
/// <param name="Said">The last of what it printed.</param>
public sealed record HotWriter(
    string Name, string Type, string State, string? Message, double Seconds, string? Marker, IReadOnlyList<int> Partitions, string? Said);

/// <param name="Writer">That froze it; null where none did.</param>
public sealed record HotDatabase(string Program, string Folder, IReadOnlyList<int> Partitions, string? Writer);

/// <param name="Period">The wanted time without writes.</param>
/// <param name="Reached">False where the time-out came first.</param>
public sealed record HotQuiet(double Period, double Waited, bool Reached);
