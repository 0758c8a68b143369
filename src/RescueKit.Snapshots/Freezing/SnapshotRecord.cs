using RescueKit.Model;

namespace RescueKit.Snapshots.Freezing;

/// <summary>What other programs are told of a snapshot that was taken; kept behind its shared page.</summary>
internal sealed record SnapshotRecord(string Provider, DateTimeOffset TakenAt, long FrozenMicroseconds, long HeldMicroseconds, IReadOnlyList<VolumeRecord> Volumes)
{
    /// <summary>Of all volumes together, with what writers did to it.</summary>
    public Consistency Consistency { get; init; }

    /// <param name="stores">In words, one for each volume.</param>
    public static SnapshotRecord Of(string provider, DateTimeOffset takenAt, ISnapshot snapshot, IReadOnlyList<string> stores) => new(
        provider, takenAt, (long)snapshot.Times.Frozen.TotalMicroseconds, (long)snapshot.Times.Held.TotalMicroseconds,
        [.. snapshot.Volumes.Select((volume, i) => new VolumeRecord(
            volume.Live.Name, volume.Live.Length, volume.Device, volume.Consistency, [.. volume.Live.FileSystems.Select(system => system.MountPoint)], stores[i]))])
    {
        Consistency = snapshot.Consistency,
    };
}

/// <param name="Device">The frozen device's node.</param>
/// <param name="MountPoints">Of the file systems that were frozen.</param>
internal sealed record VolumeRecord(string Name, long Length, string Device, Consistency Consistency, IReadOnlyList<string> MountPoints, string Store);
