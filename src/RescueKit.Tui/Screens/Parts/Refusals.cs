using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>
/// Why a disk cannot be chosen: said in the list, before anybody could choose it. The host refuses all of this again; here nothing may be
/// refused that would work.
/// </summary>
internal static class Refusals
{
    /// <returns>Null where it can be a source.</returns>
    public static string? AsSource(World world, DiskDocument disk) =>
        disk.Path == world.Machine?.StickDisk ? "this stick" : Busy(world, disk);

    /// <param name="source">The disk that is copied; null for an image.</param>
    /// <param name="image">The image that is restored; null for a clone.</param>
    /// <param name="needed">Bytes that the target must have at least.</param>
    /// <returns>Null where it can be a target.</returns>
    public static string? AsTarget(World world, DiskDocument disk, string? source, string? image, long needed)
    {
        if (disk.Path == world.Machine?.StickDisk) return "this stick";
        if (disk.Path == source) return "the source itself";
        if (image is not null && world.PlaceOf(image) is { } place && (place.Disk == disk.Path || place.Disks.Contains(disk.Path))) return "holds the image";
        if (Busy(world, disk) is { } busy) return busy;
        if (disk.ReadOnly) return "read-only";
        return disk.Length < needed ? $"too small: {Units.Size(needed)} needed" : null;
    }

    private static string? Busy(World world, DiskDocument disk)
    {
        if (disk.SystemDisk) return "this system's own disk";
        if (world.Runs.FirstOrDefault(r => r.Stage != RunStage.Ended && (r.Plan.From.Path == disk.Path || r.Plan.Onto.Path == disk.Path)) is { } run)
            return run.Stage == RunStage.Running ? "in a run" : "in another plan";
        if (disk.Uses.Count == 0) return null;
        // LVM, RAID and LUKS hold a disk also where nothing of them is mounted.
        var remedy = disk.Uses.Any(use => use.Contains("held by ", StringComparison.Ordinal)) ? "; close it first: Places, then o" : "";
        return $"in use: {disk.Uses[0]}{remedy}";
    }
}
