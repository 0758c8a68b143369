using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Engine.Hot;

/// <summary>Puts what a snapshot and its writers tell into the words of receipts and images.</summary>
internal static class HotRecords
{
    /// <summary>Nothing of the disk was in use.</summary>
    public static HotRecord Offline { get; } = new(NameOf(Consistency.Offline), null, null);

    /// <param name="imaged">Of the frozen ones, those that the image holds.</param>
    public static HotRecord Of(string provider, ISnapshot snapshot, IReadOnlyList<LivePartition> imaged, IWriterSession? session)
    {
        var numbers = imaged.ToDictionary(partition => partition.Name, partition => partition.Number);
        var volumes = snapshot.Volumes.Where(volume => numbers.ContainsKey(volume.Live.Name)).ToList();
        var record = new HotRecord(
            NameOf(session?.Grade(snapshot) ?? volumes.Select(volume => volume.Consistency).DefaultIfEmpty(snapshot.Consistency).Max()), provider, snapshot.Times.Frozen.TotalSeconds)
        {
            Volumes = [.. volumes.Select(volume => new HotVolume(numbers[volume.Live.Name], NameOf(session?.Grade(volume) ?? volume.Consistency)))],
        };
        return session?.Report is not { } report ? record : record with
        {
            Writers = [.. report.Writers.Select(writer => new HotWriter(
                writer.Name, writer.Type, NameOf(writer.State), writer.Message, writer.Seconds, writer.Marker, Partitions(writer.Volumes), writer.Said))],
            Databases = [.. report.Databases.Select(database => new HotDatabase(database.Program, database.Folder, Partitions(database.Volumes), database.Writer))],
            WriterSeconds = report.Seconds,
            Quiet = report.Quiet is { } quiet ? new HotQuiet(quiet.Period, quiet.Waited, quiet.IsReached) : null,
        };

        IReadOnlyList<int> Partitions(IReadOnlyList<string> names) => [.. names.Select(name => numbers[name])];
    }

    private static string NameOf(Consistency consistency) => consistency switch
    {
        Consistency.Offline => "offline",
        Consistency.Application => "application",
        Consistency.FileSystem => "file-system",
        _ => "crash",
    };

    private static string NameOf(WriterState state) => state switch
    {
        WriterState.Frozen => "frozen",
        WriterState.Skipped => "skipped",
        _ => "failed",
    };
}
