using RescueKit.Model;
using RescueKit.Snapshots.Writers.Detection;

namespace RescueKit.Snapshots.Writers;

/// <summary>Which of a set of volumes a path lies on.</summary>
internal sealed class PlaceMap(IReadOnlyList<LiveVolume> volumes, ProcessMounts mounts)
{
    public static PlaceMap Of(IReadOnlyList<LiveVolume> volumes) => new(volumes, new ProcessMounts(File.ReadLines("/proc/self/mountinfo")));

    /// <summary>Several where a file system spans them; none where it lies elsewhere.</summary>
    public IReadOnlyList<LiveVolume> VolumesOf(string path) =>
        mounts.NumberOf(path) is { } number ? [.. volumes.Where(volume => volume.FileSystems.Any(system => system.Number == number))] : [];

    /// <summary>Finds a writer's volumes. One that has files elsewhere, too, would be frozen whole and imaged in part.</summary>
    public void Seat(WriterSeat seat, WriterPlaces places)
    {
        seat.Folders = places.Folders;
        if (places.IsEverywhere)
        {
            seat.Volumes = volumes;
            return;
        }
        seat.Volumes = [.. volumes.Where(volume => places.Folders.Any(folder => VolumesOf(folder.Path).Contains(volume)))];
        if (seat.Volumes.Count == 0) seat.Skip("has no files on these volumes");
        else if (places.Folders.FirstOrDefault(folder => VolumesOf(folder.Path).Count == 0) is { } outside)
            seat.Fail($"has its {outside.Role} in {outside.Path}, which is not on these volumes: it is not covered as a whole");
    }
}
