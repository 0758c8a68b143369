namespace RescueKit.Model;

/// <summary>How far the content of an image or a snapshot can be trusted, the best first.</summary>
public enum Consistency
{
    /// <summary>Nothing was running.</summary>
    Offline,

    /// <summary>Every application with files on it had been told to freeze, and did.</summary>
    Application,

    /// <summary>Its file systems were frozen: they are clean, and what was synced is there.</summary>
    FileSystem,

    /// <summary>As after a power cut at one instant.</summary>
    Crash,
}

/// <summary>A mounted file system on a volume, directly or on something stacked above it.</summary>
/// <param name="MountPoint">One of the places where it is mounted.</param>
/// <param name="Number">Its device number as the kernel tells it ("253:1"; "0:45" for btrfs).</param>
/// <param name="Depth">How many layers lie between it and the disk: what is deeper in number is frozen first.</param>
public sealed record LiveFileSystem(string MountPoint, string Number, string Type, int Depth);

/// <summary>A volume in use, of which the state at one instant is wanted.</summary>
/// <param name="Name">What it is called in messages: "partition 2 of /dev/sda".</param>
/// <param name="Number">Device number of what everybody reads and writes it through ("253:0").</param>
/// <param name="Length">In bytes.</param>
public sealed record LiveVolume(string Name, string Number, long Length, IReadOnlyList<LiveFileSystem> FileSystems);

/// <summary>Freezes volumes at one instant.</summary>
public interface ISnapshotProvider
{
    /// <summary>As images name it: "device-mapper".</summary>
    string Name { get; }

    /// <summary>Null where a snapshot of it can be taken; else why not.</summary>
    /// <exception cref="SnapshotException">That cannot be seen.</exception>
    Refusal? Refuses(LiveVolume volume);

    /// <summary>
    /// All volumes at the same instant. When it throws, everything runs as before and nothing of a snapshot is left.
    /// </summary>
    /// <exception cref="SnapshotException">It could not be taken, or took longer than its limits.</exception>
    /// <param name="party">Told when everything is ready, and again when the instant has passed.</param>
    ISnapshot Take(IReadOnlyList<LiveVolume> volumes, IInstantParty party);

    /// <summary>Removes what processes that are dead have left.</summary>
    /// <returns>A sentence for each thing removed.</returns>
    /// <exception cref="SnapshotException">What there is cannot be seen.</exception>
    IReadOnlyList<string> RemoveStale();
}

/// <summary>Why something in use cannot be frozen.</summary>
/// <param name="Reason">The end of the sentence "NAME …".</param>
/// <param name="Remedy">What helps.</param>
public sealed record Refusal(string Reason, string Remedy)
{
    public static Refusal NoMapping { get; } = new(
        "lies on no mapping of the device mapper", "run 'rescuekit agent install' and restart once: from then on the partitions of this disk can be frozen");
}

/// <summary>Whoever must know that the instant of a snapshot comes: applications that hold their writes, and who waits for a quiet moment.</summary>
public interface IInstantParty
{
    /// <summary>All is ready but the freeze. Takes as long as its own limits allow; files can still be read and written.</summary>
    /// <exception cref="SnapshotException">The snapshot is called off.</exception>
    void Freeze();

    /// <summary>The instant has passed, or is called off. Called once after each <see cref="Freeze"/>, also after one that threw; never throws.</summary>
    /// <param name="isTaken">There is a snapshot.</param>
    void Thaw(bool isTaken);
}

/// <summary>Nobody has to know.</summary>
public sealed class NoParty : IInstantParty
{
    public static NoParty Instance { get; } = new();

    public void Freeze()
    {
    }

    public void Thaw(bool isTaken)
    {
    }
}

/// <summary>Volumes as they were at one instant; disposing releases it without a trace.</summary>
public interface ISnapshot : IDisposable
{
    /// <summary>Names it to other programs; unique on the machine.</summary>
    string Id { get; }

    /// <summary>In the order in which the volumes were given.</summary>
    IReadOnlyList<FrozenVolume> Volumes { get; }

    Consistency Consistency { get; }
    FreezeTimes Times { get; }

    /// <exception cref="SnapshotException">It has been lost: its copy-on-write store is full, or a disk below failed.</exception>
    void Check();

    /// <summary>It outlives this program: who guards it goes on with it, and disposing does nothing any more.</summary>
    /// <exception cref="SnapshotException">That failed; it is still this program's.</exception>
    /// <param name="grade">What its content is worth, with what writers did to it.</param>
    void Detach(Consistency grade);

    /// <summary>Takes it away, as disposing does. Null where nothing is left of it; else a sentence that says what.</summary>
    string? Release();
}

/// <param name="Device">The node of the read-only device that shows it.</param>
public sealed record FrozenVolume(LiveVolume Live, string Device, Consistency Consistency);

/// <summary>What the running system felt of a snapshot.</summary>
/// <param name="Frozen">From the first file system's freeze to the last one's thaw.</param>
/// <param name="Held">Of that, with volumes suspended: reads wait, too.</param>
public readonly record struct FreezeTimes(TimeSpan Frozen, TimeSpan Held);

/// <summary>A snapshot could not be taken or was lost (exit code 1).</summary>
public sealed class SnapshotException(string message, string? remedy = null, Exception? inner = null) : DeviceException(message, remedy, inner);
