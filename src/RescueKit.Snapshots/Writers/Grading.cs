using RescueKit.Model;

namespace RescueKit.Snapshots.Writers;

/// <summary>What volumes are worth once the instant has passed: the rules of <see cref="IWriterSession.Grade(FrozenVolume)"/> and its overload.</summary>
internal sealed class Grading(IReadOnlyList<WriterSeat> seats, IReadOnlyList<(LiveVolume Volume, bool IsFrozen)> databases)
{
    public Consistency Of(LiveVolume volume, Consistency given)
    {
        if (given > Consistency.FileSystem) return given;
        var here = Here(volume);
        var isWhole = here.Count > 0 && here.TrueForAll(seat => seat.State == WriterState.Frozen) && databases.All(database => database.Volume != volume || database.IsFrozen);
        return isWhole ? Consistency.Application : given;
    }

    public Consistency Of(IReadOnlyList<(LiveVolume Volume, Consistency Given)> volumes)
    {
        var counting = volumes.Where(volume => volume.Given > Consistency.FileSystem || HasApplications(volume.Volume)).ToList();
        return (counting.Count > 0 ? counting : volumes).Max(volume => Of(volume.Volume, volume.Given));
    }

    private bool HasApplications(LiveVolume volume) => Here(volume).Count > 0 || databases.Any(database => database.Volume == volume);

    private List<WriterSeat> Here(LiveVolume volume) => [.. seats.Where(seat => seat.State != WriterState.Skipped && seat.Volumes.Contains(volume))];
}
