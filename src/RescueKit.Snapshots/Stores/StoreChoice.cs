using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;

namespace RescueKit.Snapshots.Stores;

/// <summary>Where copy-on-write stores of one set are made: where the person says, or in memory.</summary>
/// <param name="wanted">"memory", a folder, a block device, or null.</param>
internal sealed class StoreChoice(string? wanted) : ICowStores
{
    private const string Memory = "memory";

    /// <summary>A file system is never filled to its end.</summary>
    private const long Spare = 64 << 20;

    private StoreDevice? _device;

    public ICowStore Make(IDeviceMapper mapper, string set, int index, IReadOnlyList<LiveVolume> all)
    {
        var volumeLength = all[index].Length;
        if (wanted is null or Memory) return LoopStore.InMemory(RoomIn(Memory, volumeLength));
        if (!Directory.Exists(wanted)) return (_device ??= StoreDevice.Take(wanted, all)).Cut(mapper, set, index, all);
        var number = MountNumber(wanted);
        if (all.SelectMany(volume => volume.FileSystems).FirstOrDefault(system => system.Number == number) is { } frozen)
            throw new SnapshotException($"the copy-on-write store cannot lie in {wanted}: {frozen.MountPoint} is imaged itself", "name a folder on another disk, or 'memory'");
        return LoopStore.InFolder(wanted, RoomIn(wanted, volumeLength));
    }

    /// <param name="where">"memory", or a folder.</param>
    public static StoreRoom RoomIn(string where, long volumeLength) =>
        StoreRoom.For(volumeLength, where == Memory ? AvailableMemory : () => AvailableIn(where));

    /// <summary>Nothing where the folder has been removed: the store in it, which has no name, lives on.</summary>
    private static long AvailableIn(string folder)
    {
        try
        {
            return Math.Max(0, new DriveInfo(folder).AvailableFreeSpace - Spare);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>In bytes: what the kernel thinks can be had without swapping.</summary>
    private static long AvailableMemory() => File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)) is { } line
        ? long.Parse(line.AsSpan("MemAvailable:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) << 10
        : 0;

    /// <summary>The device number of the file system that a folder lies on.</summary>
    private static string MountNumber(string folder)
    {
        var full = Path.GetFullPath(folder);
        var mounts = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).Where(fields => full == fields[4] || fields[4] == "/" || full.StartsWith(fields[4] + "/", StringComparison.Ordinal));
        return mounts.Aggregate((string[]?)null, (best, next) => best is null || next[4].Length >= best[4].Length ? next : best)?[2] ?? "";
    }
}
