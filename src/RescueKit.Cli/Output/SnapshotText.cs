using RescueKit.Cli.Json;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>Snapshots for people.</summary>
internal static class SnapshotText
{
    public static void WriteNew(TextWriter to, SnapshotDocument snapshot)
    {
        to.WriteLine(FormattableString.Invariant($"Snapshot {snapshot.Id}: {snapshot.Consistency}-consistent; frozen for {snapshot.FreezeSeconds:0.00} s"));
        foreach (var volume in snapshot.Volumes) to.WriteLine($"  {snapshot.Id}:{volume.Number}  {volume.Device}  {volume.Name}{At(volume)}, {Units.Size(volume.Length)}, read-only");
        foreach (var warning in snapshot.Warnings) to.WriteLine($"  warning: {warning}");
        to.WriteLine($"To look into it: rescuekit snapshot mount {snapshot.Id}{(snapshot.Volumes.Count > 1 ? ":1" : "")} DIR; to take it away: rescuekit snapshot release {snapshot.Id}");
    }

    public static void WriteList(TextWriter to, SnapshotListDocument list, DateTimeOffset now)
    {
        if (list.Snapshots.Count == 0)
        {
            to.WriteLine("There are no snapshots.");
            return;
        }
        var table = new Table("", "ID", "AGE", "DEVICE", "VOLUME", "STORE", "USED", "STATE").Right(5);
        foreach (var snapshot in list.Snapshots)
        {
            foreach (var volume in snapshot.Volumes)
            {
                table.Row($"{snapshot.Id}:{volume.Number}", Age(now - snapshot.TakenAt), volume.Device, volume.Name + At(volume), volume.Store,
                    volume is { StoreUsed: { } used, StoreLength: { } length } ? $"{Units.Size(used)} of {Units.Size(length)}" : null, State(snapshot, volume));
            }
        }
        table.Write(to);
    }

    private static string State(SnapshotDocument snapshot, SnapshotVolumeDocument volume) => volume.Lost
        ? "LOST: release it"
        : $"{volume.Consistency}-consistent{(!snapshot.Kept ? ", of a run that reads it" : volume.InUse ? ", in use" : "")}";

    private static string At(SnapshotVolumeDocument volume) => volume.MountPoints.Count > 0 ? $" ({string.Join(", ", volume.MountPoints)})" : "";

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => FormattableString.Invariant($"{age.TotalDays:0} days"),
        { TotalHours: >= 2 } => FormattableString.Invariant($"{age.TotalHours:0} h"),
        { TotalMinutes: >= 2 } => FormattableString.Invariant($"{age.TotalMinutes:0} min"),
        _ => FormattableString.Invariant($"{Math.Max(0, age.TotalSeconds):0} s"),
    };
}
