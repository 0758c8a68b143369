using RescueKit.Disks;
using RescueKit.Disks.Stores;
using RescueKit.Model;

namespace RescueKit.Engine.Transfers;

/// <summary>
/// The target of a run: a disk or file that is open and held since the plan was made, or a file that is made when the run starts, so
/// that a plan alone leaves nothing behind.
/// </summary>
internal sealed class TargetAccess : IDisposable
{
    private readonly Func<long, IBlockTarget>? _create;
    private readonly IDisposable? _held;

    private TargetAccess(string path, IBlockTarget? target, string? confirmId, Func<long, IBlockTarget>? create, IDisposable? held) =>
        (Path, Target, ConfirmId, _create, _held) = (path, target, confirmId, create, held);

    public string Path { get; }

    /// <summary>Null while the file has not been made.</summary>
    public IBlockTarget? Target { get; private set; }

    /// <summary>Null for a file that is empty or does not exist yet: nothing is overwritten.</summary>
    public string? ConfirmId { get; }

    public static TargetAccess Existing(string path, IBlockTarget target, string confirmId) => new(path, target, confirmId, null, null);

    /// <summary>A file that does not exist: nothing but this run may have made it when it is written.</summary>
    public static TargetAccess New(string path) => new(path, null, null, length => BlockDevices.CreateTarget(path, length), null);

    /// <summary>A file that is empty: held from now on, and still empty when it is written.</summary>
    public static TargetAccess Empty(string path)
    {
        var file = BlockDevices.OpenEmpty(path);
        return new TargetAccess(path, null, null, file.Grow, file);
    }

    /// <summary>A sentence where a file that is yet to be filled may find no room for <paramref name="bytes"/>; else none.</summary>
    public IEnumerable<string> RoomWarnings(long bytes)
    {
        if (Target is not null) return [];
        var folder = System.IO.Path.GetDirectoryName(DiskInventory.RealPath(Path)) ?? "/";
        return new FolderStore(folder).FreeBytes is { } free && free < bytes
            ? [$"{folder} has {free} bytes free for up to {bytes} bytes of data: the disk may not fit."]
            : [];
    }

    /// <summary>The target, made now with <paramref name="length"/> bytes where it did not exist.</summary>
    public IBlockTarget Ready(long length) => Target ??= _create!(length);

    /// <summary>Has the kernel look at the new table; returns a sentence where it cannot.</summary>
    public string? Reread() => Target is { } target ? BlockDevices.RereadPartitionTable(target) : null;

    /// <summary>Lets go of it, so that others may open it.</summary>
    public void Release()
    {
        Target?.Dispose();
        Target = null;
        _held?.Dispose();
    }

    public void Dispose() => Release();
}
