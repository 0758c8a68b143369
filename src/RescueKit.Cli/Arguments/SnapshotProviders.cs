using RescueKit.Disks;
using RescueKit.Model;
using RescueKit.Snapshots;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Lvm;

namespace RescueKit.Cli.Arguments;

/// <summary>The one place that chooses who freezes a volume: LVM what is a logical volume by itself, the device mapper all else.</summary>
internal static class SnapshotProviders
{
    /// <param name="store">As <see cref="SnapshotOptions.Store"/>.</param>
    /// <param name="sources">The disks, or the volumes, that are going to be frozen.</param>
    /// <param name="notes">Gets a sentence for each stale snapshot, of processes that were killed, that was removed.</param>
    public static ISnapshotProvider For(IReadOnlyList<string> sources, string? store, List<string>? notes = null)
    {
        var areLogical = sources.Select(IsLogicalVolume).Distinct().ToList();
        if (areLogical.Count > 1) throw new UsageException("logical volumes and partitions cannot be frozen at one instant together", "name the whole disk: its partitions are frozen with all that is on them");
        foreach (var source in sources) StoreLiesElsewhere(store, source);
        var options = new SnapshotOptions(ThisProgram()) { Store = store };
        var deviceMapper = new DeviceMapperProvider(options);
        notes?.AddRange(deviceMapper.RemoveStale());
        if (!DiskInventory.HasLogicalVolumes()) return deviceMapper;
        var lvm = new LvmProvider(options);
        notes?.AddRange(lvm.RemoveStale());
        return areLogical is [true] ? lvm : deviceMapper;
    }

    public static bool IsLogicalVolume(string source) => DiskInventory.IsLogicalVolume(source);

    /// <summary>A part of the disk is read as it is or frozen itself, and neither may be written to meanwhile.</summary>
    private static void StoreLiesElsewhere(string? store, string source)
    {
        if (store is null || !DiskInventory.IsBlockDevice(store) || !DiskInventory.IsBlockDevice(source)) return;
        if (DiskInventory.DisksBelow(store).Any(below => DiskInventory.AreSame(below, source)))
            throw new SafetyException($"the copy-on-write store {store} lies on {source}, which is taken itself", "name a device on another disk, a folder there, or 'memory'");
    }

    private static HelperProgram ThisProgram()
    {
        var program = Environment.ProcessPath!;
        // Started by 'dotnet rescuekit.dll', as a developer does.
        return Path.GetFileNameWithoutExtension(program) == "dotnet" && Environment.GetCommandLineArgs() is [var library, ..]
            ? new HelperProgram(program, library, "snapshot", "helper")
            : new HelperProgram(program, "snapshot", "helper");
    }
}
