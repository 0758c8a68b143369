using System.Text.Json;
using System.Text.Json.Serialization;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.Freezing;

/// <summary>All that is to be done between the first freeze and the last thaw. Told to both helper processes before anything is frozen.</summary>
/// <param name="SharedFile">What <see cref="FreezeBoard"/> maps.</param>
/// <param name="FileSystems">In the order of freezing; thawed the other way round.</param>
/// <param name="Volumes">The mapped devices that are suspended and resumed, in the order of suspending.</param>
/// <param name="Snapshots">Names of the snapshots' devices, made active while the volumes are suspended.</param>
/// <param name="FreezeLimit">From first freeze to last thaw, in milliseconds.</param>
/// <param name="HoldLimit">From first suspend to last resume, in milliseconds.</param>
internal sealed record FreezeScript(
    string SharedFile, IReadOnlyList<FrozenFileSystem> FileSystems, IReadOnlyList<HeldVolume> Volumes, IReadOnlyList<string> Snapshots, int FreezeLimit, int HoldLimit)
{
    /// <summary>For each of the volumes, which of the file systems, by index, lie on it; null where it is not known.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? OnVolumes { get; init; }

    /// <summary>Null until the snapshot has been taken.</summary>
    public SnapshotRecord? Taken { get; init; }

    /// <summary>LVM's snapshots; null where the device mapper's own are guarded.</summary>
    public IReadOnlyList<string>? LogicalVolumes { get; init; }
}

/// <param name="Depth">Layers between it and its disk: one lies on another only where it has more of them.</param>
internal sealed record FrozenFileSystem(string MountPoint, int Depth);

/// <param name="FreezesItself">
/// The suspension freezes the file system on it: one that knows no freeze of its own (FAT), or one of which nothing is known here. It waits for
/// those who write just now.
/// </param>
internal sealed record HeldVolume(string Name, bool FreezesItself);

/// <summary>How it went. Times in microseconds.</summary>
/// <param name="Problem">Null where the snapshot is good; else all was thawed again and it is not.</param>
internal sealed record FreezeOutcome(string? Problem, long Frozen, long Held);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FreezeScript))]
[JsonSerializable(typeof(FreezeOutcome))]
[JsonSerializable(typeof(IReadOnlyList<StoreHandover>))]
internal sealed partial class FreezeJson : JsonSerializerContext;
