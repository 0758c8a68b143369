using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots;

/// <param name="IsKept">It belongs to no program that runs: `snapshot create` made it.</param>
public sealed record KeptSnapshot(
    string Id, string Provider, DateTimeOffset TakenAt, FreezeTimes Times, Consistency Consistency, bool IsKept, IReadOnlyList<KeptVolume> Volumes)
{
    public bool IsLost => Volumes.Any(volume => volume.State.IsLost);
}

/// <param name="Device">The frozen device's node.</param>
/// <param name="MountPoints">Of the file systems that were frozen.</param>
/// <param name="Store">Where what is overwritten is kept, in words.</param>
public sealed record KeptVolume(string Name, long Length, string Device, Consistency Consistency, IReadOnlyList<string> MountPoints, string Store, FrozenState State);

/// <param name="StoreUsed">In bytes; null where the kernel does not count it.</param>
/// <param name="OpenCount">How many have the frozen device open; a mount is one.</param>
public readonly record struct FrozenState(bool IsLost, long? StoreUsed, long? StoreLength, int OpenCount);

/// <summary>All snapshots of this machine that live, whoever made them.</summary>
public sealed class SnapshotBook(string folder)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2), s_look = TimeSpan.FromMilliseconds(100);

    public SnapshotBook() : this(SnapshotOptions.StandardFolder)
    {
    }

    /// <summary>Oldest first.</summary>
    /// <exception cref="SnapshotException">The kernel has no device mapper, or this is not root.</exception>
    public IReadOnlyList<KeptSnapshot> Read()
    {
        var pages = Pages(folder).ToList();
        if (pages.Count == 0) return [];
        using var mapper = new DmControl();
        return [.. pages.Select(page => Read(page, mapper)).OfType<KeptSnapshot>().OrderBy(snapshot => snapshot.TakenAt)];
    }

    /// <summary>Has its guardian take a kept snapshot away, and waits for that. Who still has its devices open gets errors from then on.</summary>
    /// <returns>Null where nothing is left; else a sentence that says what.</returns>
    /// <exception cref="SnapshotException">The guardian does not do it.</exception>
    public string? Release(KeptSnapshot snapshot)
    {
        var page = Path.Combine(folder, snapshot.Id);
        using (var board = new FreezeBoard(page))
        {
            if (!Kernel.TryLock(board.File)) Kernel.Terminate(board.Guardian);
        }
        for (var waited = TimeSpan.Zero; waited < s_patience; waited += s_look)
        {
            if (!File.Exists(page)) return IsLeft(snapshot) ? $"Something still has the snapshot {snapshot.Id} open: it gives errors now, and goes once it is closed." : null;
            using (var file = Kernel.Open(page, Kernel.ReadWrite))
            {
                if (file is not null && Kernel.TryLock(file)) return $"The snapshot {snapshot.Id} could not be removed whole, since it is in use: what is left of it goes with the next run that freezes something.";
            }
            Thread.Sleep(s_look);
        }
        throw new SnapshotException($"the guardian of the snapshot {snapshot.Id} does not remove it", "try again; or restart the machine, after which nothing of it is left");
    }

    internal static IEnumerable<string> Pages(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [];

    internal static FrozenState StateOf(IDeviceMapper mapper, string node)
    {
        try
        {
            if (mapper.List().FirstOrDefault(device => device.Node == node) is not { } device) return new FrozenState(true, null, null, 0);
            return mapper.Status(device.Name) switch
            {
                [{ Type: "snapshot" } only] when StoreUse.Parse(only.Parameters) is { } use => new FrozenState(false, use.Used, use.Length, device.OpenCount),
                [{ Type: "thin", Parameters: not ("Fail" or "Error") }] => new FrozenState(false, null, null, device.OpenCount),
                _ => new FrozenState(true, null, null, device.OpenCount),
            };
        }
        catch (DeviceMapperException)
        {
            return new FrozenState(true, null, null, 0);
        }
    }

    /// <summary>Null for one that is being made, or that nobody holds any more.</summary>
    private static KeptSnapshot? Read(string page, DmControl mapper)
    {
        if (FreezeBoard.LeftBehind(page)?.Taken is not { } record) return null;
        try
        {
            using var board = new FreezeBoard(page);
            if (Kernel.TryLock(board.File)) return null;
            return new KeptSnapshot(Path.GetFileName(page), record.Provider, record.TakenAt,
                new FreezeTimes(TimeSpan.FromMicroseconds(record.FrozenMicroseconds), TimeSpan.FromMicroseconds(record.HeldMicroseconds)), record.Consistency, board.IsDetached,
                [.. record.Volumes.Select(volume => new KeptVolume(
                    volume.Name, volume.Length, volume.Device, volume.Consistency, volume.MountPoints, volume.Store, StateOf(mapper, volume.Device)))]);
        }
        catch (SnapshotException)
        {
            return null; // it has just been removed
        }
    }

    private static bool IsLeft(KeptSnapshot snapshot)
    {
        using var mapper = new DmControl();
        return mapper.List().Any(device => SetNames.Parse(device.Id)?.Set == snapshot.Id);
    }
}
