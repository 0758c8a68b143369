namespace RescueKit.Snapshots.Lvm;

/// <summary>What of lvm2's tools this project uses. Every call throws <see cref="LvmException"/> where they refuse.</summary>
internal interface ILvm
{
    /// <summary>All active volumes that a person would know.</summary>
    IReadOnlyList<LogicalVolume> List();

    /// <summary>Makes a read-only snapshot, with the origin's file system frozen meanwhile.</summary>
    /// <param name="bytes">Of its store; null for a thin one, whose store is its pool.</param>
    void Snapshot(LogicalVolume origin, string name, string tag, long? bytes);

    /// <param name="path">"vg0/root".</param>
    void Extend(string path, long bytes);

    void Remove(string path);
}

/// <param name="Number">Device number ("253:1").</param>
/// <param name="Type">Of its segments: "linear", "thin", …; the first one's.</param>
/// <param name="Origin">Of a snapshot; empty for others.</param>
/// <param name="GroupFree">In bytes.</param>
/// <param name="PoolFree">Of a thin volume's pool, in bytes.</param>
internal sealed record LogicalVolume(
    string Group, string Name, string Number, long Length, string Type, string Origin, IReadOnlyList<string> Tags, long GroupFree, long ExtentBytes, long? PoolFree)
{
    public string Path => $"{Group}/{Name}";
    public bool IsThin => Type == "thin";
    public string Node => "/dev/dm-" + Number[(Number.IndexOf(':') + 1)..];
}

internal sealed class LvmException(string message, Exception? inner = null) : Exception(message, inner);
