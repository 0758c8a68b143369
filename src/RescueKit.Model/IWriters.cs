namespace RescueKit.Model;

/// <summary>The applications of a running system: finds who has files on volumes in use, and has those freeze that are told to.</summary>
public interface IWriters
{
    /// <summary>Looks who is there, and has every writer get ready, which may take minutes. Nothing is frozen.</summary>
    /// <exception cref="SnapshotException">A writer failed without which no snapshot is wanted.</exception>
    IWriterSession Prepare(IReadOnlyList<LiveVolume> volumes);
}

/// <summary>
/// The applications on volumes of which one snapshot is taken: frozen before its instant, thawed after it. Disposing tells those that were not
/// told how it ended that it failed.
/// </summary>
public interface IWriterSession : IInstantParty, IDisposable
{
    /// <summary>Whole once the instant has passed.</summary>
    WriterReport Report { get; }

    /// <summary>After the instant: a writer that only lost its hold of the application later is seen here.</summary>
    /// <exception cref="SnapshotException">A writer failed without which no snapshot is wanted.</exception>
    void Check();

    /// <summary>
    /// What the content of a volume is worth. What its snapshot gave it, and <see cref="Consistency.Application"/> where that is at least
    /// <see cref="Consistency.FileSystem"/>, some writer has files on it, each of those was frozen, and so was every database found there.
    /// </summary>
    Consistency Grade(FrozenVolume volume);

    /// <summary>
    /// What all volumes together are worth: the worst of those that applications have files on, or are no more than <see cref="Consistency.Crash"/>;
    /// where no application has, the worst of all. So a boot partition takes nothing away from a database beside it.
    /// </summary>
    Consistency Grade(ISnapshot snapshot);

    /// <summary>The image is finished, or failed. Only the first call counts.</summary>
    /// <param name="snapshot">Its id; null where there was none.</param>
    /// <returns>A sentence for each writer that failed then; nothing that is frozen any more depends on it.</returns>
    IReadOnlyList<string> Complete(string? snapshot, bool isSuccess);
}

/// <summary>How an application took part in a snapshot.</summary>
public enum WriterState
{
    /// <summary>It held still at the instant.</summary>
    Frozen,

    /// <summary>It did not, or nobody knows.</summary>
    Failed,

    /// <summary>It has no files on these volumes.</summary>
    Skipped,
}

/// <param name="Type">"postgresql", "mariadb", "mysql", "hook".</param>
/// <param name="Message">Why it failed or was skipped; else what there is to know.</param>
/// <param name="Seconds">How long it was frozen.</param>
/// <param name="Marker">The position in its own log that the snapshot holds ("LSN 0/1A2B3C4D").</param>
/// <param name="Volumes">Names of those it has files on.</param>
/// <param name="Said">The last of what it printed, up to a few KiB.</param>
public sealed record WriterResult(
    string Name, string Type, WriterState State, string? Message, double Seconds, string? Marker, IReadOnlyList<string> Volumes, string? Said);

/// <summary>A database server that runs with files on the volumes.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Volumes">Names of those they are on.</param>
/// <param name="Writer">The name of the writer that froze it; null where none did.</param>
public sealed record DatabaseFound(string Program, string Folder, IReadOnlyList<string> Volumes, string? Writer);

/// <summary>How a quiet moment was waited for.</summary>
/// <param name="Period">The wanted time without writes, in seconds.</param>
/// <param name="Waited">In seconds.</param>
/// <param name="IsReached">False where the time-out came first, and the snapshot was taken all the same.</param>
public sealed record QuietResult(double Period, double Waited, bool IsReached);

/// <param name="Seconds">From the first writer's freeze to the last one's thaw; null where none was frozen.</param>
/// <param name="Warnings">A sentence for each thing that makes the snapshot worth less than it could be.</param>
public sealed record WriterReport(
    IReadOnlyList<WriterResult> Writers, IReadOnlyList<DatabaseFound> Databases, double? Seconds, QuietResult? Quiet, IReadOnlyList<string> Warnings);
