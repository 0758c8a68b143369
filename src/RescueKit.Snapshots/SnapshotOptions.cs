using RescueKit.Snapshots.Freezing;

namespace RescueKit.Snapshots;

/// <summary>How snapshots are taken.</summary>
public sealed record SnapshotOptions(HelperProgram Helper)
{
    public const string StandardFolder = "/run/rescuekit/snapshots";

    /// <summary>"memory", a folder, or a block device; null: the first fit (<see cref="StoreChoice"/>).</summary>
    public string? Store { get; init; }

    /// <summary>First freeze to last thaw. VSS allows its writers as much.</summary>
    public TimeSpan FreezeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First suspend to last resume: reads wait for as long, too.</summary>
    public TimeSpan HoldLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the guardians' shared files are; in memory.</summary>
    public string Folder { get; init; } = StandardFolder;
}
