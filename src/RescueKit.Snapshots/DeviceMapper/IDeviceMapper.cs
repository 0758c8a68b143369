namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>What of the kernel's device mapper this project uses. Every call throws <see cref="DeviceMapperException"/> where the kernel refuses.</summary>
internal interface IDeviceMapper
{
    IReadOnlyList<MappedDevice> List();

    /// <summary>By name; null where there is none.</summary>
    MappedDevice? Find(string name);

    /// <summary>Makes an empty device.</summary>
    MappedDevice Create(string name, string id);

    /// <summary>Puts a table beside the active one; <see cref="Resume"/> makes it active.</summary>
    void Load(string name, IReadOnlyList<MapTarget> table);

    /// <summary>Makes a loaded table active (holding all reads and writes for that moment), and ends a suspension.</summary>
    /// <param name="hidden">From udev and all that follows it.</param>
    void Resume(string name, bool hidden = false);

    /// <param name="deferred">Where it is still open: once it is closed.</param>
    void Remove(string name, bool deferred = false);

    IReadOnlyList<MapTarget> Table(string name);

    /// <summary>A table that was loaded and not made active; empty where there is none.</summary>
    IReadOnlyList<MapTarget> LoadedTable(string name);

    /// <summary>
    /// Somebody has it for himself, so that nobody else can: a mount in whatever namespace, md, another mapping. Swap does not count, of which
    /// nothing is kept; nor who merely reads.
    /// </summary>
    bool IsHeld(string name);

    /// <summary>Like <see cref="Table"/>, with each target's state for its parameters.</summary>
    IReadOnlyList<MapTarget> Status(string name);
}

/// <param name="Id">Its uuid; empty where it has none.</param>
/// <param name="Number">"253:0".</param>
/// <param name="OpenCount">How many have it open.</param>
internal sealed record MappedDevice(string Name, string Id, string Number, int OpenCount, bool IsSuspended)
{
    /// <summary>Made by the kernel itself (devtmpfs), so that it is there without udev.</summary>
    public string Node => "/dev/dm-" + Number[(Number.IndexOf(':') + 1)..];
}

/// <summary>One line of a table; start and length in units of 512 bytes.</summary>
internal sealed record MapTarget(long Start, long Length, string Type, string Parameters);

/// <param name="errno">Of the system call.</param>
internal sealed class DeviceMapperException(string message, int errno) : Exception(message)
{
    public int Errno { get; } = errno;
}
