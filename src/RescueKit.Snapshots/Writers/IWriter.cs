using RescueKit.Model;

namespace RescueKit.Snapshots.Writers;

/// <summary>
/// An application that can hold still for an instant. Its calls come in the order in which they stand here, one at a time, but
/// <see cref="Abandon"/>, which comes at any time and from any thread. None takes longer than its deadline and the second or two that ending a
/// process takes.
/// </summary>
public interface IWriter : IDisposable
{
    /// <summary>Unique among writers.</summary>
    string Name { get; }

    /// <summary>"postgresql", "mariadb", "mysql", "hook".</summary>
    string Type { get; }

    /// <summary>The position in its own log at the instant; null until it is frozen, and where there is none.</summary>
    string? Marker { get; }

    /// <summary>The last of what it printed, bounded; null where it printed nothing.</summary>
    string? Said { get; }

    /// <summary>Asks where its files are.</summary>
    /// <exception cref="WriterException">It cannot be asked, or cannot be frozen at all.</exception>
    WriterPlaces Look(TimeSpan deadline);

    /// <summary>Everything that shortens the freeze. The application works on.</summary>
    /// <exception cref="WriterException">It failed.</exception>
    void Prepare(WriterContext context, TimeSpan deadline);

    /// <summary>From its return on until the thaw, what the application has on its disks is whole.</summary>
    /// <exception cref="WriterException">It failed or took too long; <see cref="Thaw"/> is called all the same.</exception>
    void Freeze(TimeSpan deadline);

    /// <summary>Lets the application go on. Harmless where it was not frozen.</summary>
    /// <exception cref="WriterException">It was not frozen any more, or did not go on.</exception>
    void Thaw(bool isTaken, TimeSpan deadline);

    /// <summary>The image is finished, or failed.</summary>
    /// <exception cref="WriterException">It failed.</exception>
    void Complete(WriterEnding ending, TimeSpan deadline);

    /// <summary>Lets go without starting anything: file systems may be frozen. Its connections and running processes are ended; never throws.</summary>
    void Abandon();
}

/// <param name="Folders">Absolute, without symbolic links.</param>
/// <param name="IsEverywhere">It does not say where: it counts for every volume.</param>
public sealed record WriterPlaces(IReadOnlyList<WriterFolder> Folders, bool IsEverywhere = false);

/// <param name="Role">"data", "write-ahead log", "tablespace".</param>
public sealed record WriterFolder(string Path, string Role);

/// <summary>What is going to be frozen, as far as it concerns a writer.</summary>
public sealed record WriterContext(IReadOnlyList<string> Volumes, IReadOnlyList<string> MountPoints);

/// <param name="Snapshot">Its id; null where there was none.</param>
public sealed record WriterEnding(string? Snapshot, bool IsSuccess);

/// <summary>An application did not do what it was told. The message is the end of the sentence "NAME …".</summary>
public sealed class WriterException(string message, Exception? inner = null) : Exception(message, inner);
