using RescueKit.Model;
using RescueKit.Snapshots;

namespace RescueKit.Cli.Json;

/// <summary>What `snapshot list --json` prints.</summary>
internal sealed record SnapshotListDocument(IReadOnlyList<SnapshotDocument> Snapshots);

/// <summary>A snapshot that lives. Bytes and seconds.</summary>
/// <param name="Kept">Made by `snapshot create`; else it belongs to a run that reads it.</param>
/// <param name="Lost">It shows nothing any more.</param>
internal sealed record SnapshotDocument(
    string Id, string Provider, DateTimeOffset TakenAt, bool Kept, bool Lost, string Consistency, double FreezeSeconds, IReadOnlyList<SnapshotVolumeDocument> Volumes,
    IReadOnlyList<string> Warnings)
{
    public static SnapshotDocument Of(KeptSnapshot snapshot, IReadOnlyList<string> warnings) => new(
        snapshot.Id, snapshot.Provider, snapshot.TakenAt, snapshot.IsKept, snapshot.IsLost, NameOf(snapshot.Consistency), snapshot.Times.Frozen.TotalSeconds,
        [.. snapshot.Volumes.Select((volume, i) => new SnapshotVolumeDocument(
            i + 1, volume.Name, volume.Device, volume.Length, volume.MountPoints, NameOf(volume.Consistency), volume.Store, volume.State.StoreUsed, volume.State.StoreLength, volume.State.IsLost,
            volume.State.OpenCount > 0))],
        warnings);

    private static string NameOf(Consistency consistency) => consistency switch
    {
        Model.Consistency.Offline => "offline",
        Model.Consistency.Application => "application",
        Model.Consistency.FileSystem => "file-system",
        _ => "crash",
    };
}

/// <param name="Device">Read-only.</param>
/// <param name="MountPoints">Of the file systems that were frozen.</param>
/// <param name="StoreUsed">Null, as <paramref name="StoreLength"/>, where the store is a thin pool.</param>
internal sealed record SnapshotVolumeDocument(
    int Number, string Name, string Device, long Length, IReadOnlyList<string> MountPoints, string Consistency, string Store, long? StoreUsed, long? StoreLength, bool Lost, bool InUse);
