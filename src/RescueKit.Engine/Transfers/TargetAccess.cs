using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Engine.Transfers;

/// <summary>
/// The target of a run: a disk or file that is open and held since the plan was made, or a file that is made when the run starts, so
/// that a plan alone leaves nothing behind.
/// </summary>
internal sealed class TargetAccess : IDisposable
{
    private readonly Func<long, IBlockTarget>? _create;

    private TargetAccess(string path, IBlockTarget? target, string? confirmId, Func<long, IBlockTarget>? create) =>
        (Path, Target, ConfirmId, _create) = (path, target, confirmId, create);

    public string Path { get; }

    /// <summary>Null while the file has not been made.</summary>
    public IBlockTarget? Target { get; private set; }

    /// <summary>Null for a file that does not exist yet: nothing is overwritten.</summary>
    public string? ConfirmId { get; }

    public static TargetAccess Existing(string path, IBlockTarget target, string confirmId) => new(path, target, confirmId, null);

    /// <param name="create">Makes the file with the given length.</param>
    public static TargetAccess New(string path, Func<long, IBlockTarget> create) => new(path, null, null, create);

    /// <summary>The target, made now with <paramref name="length"/> bytes where it did not exist.</summary>
    public IBlockTarget Ready(long length) => Target ??= _create!(length);

    /// <summary>Has the kernel look at the new table; returns a sentence where it cannot.</summary>
    public string? Reread() => Target is { } target ? BlockDevices.RereadPartitionTable(target) : null;

    public void Dispose() => Target?.Dispose();
}
