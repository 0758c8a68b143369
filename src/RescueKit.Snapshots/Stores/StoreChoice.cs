using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Writers.Detection;

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
        if (wanted is null or Memory) return LoopStore.InMemory(Some(Memory, volumeLength));
        if (!Directory.Exists(wanted)) return (_device ??= StoreDevice.Take(wanted, all)).Cut(mapper, set, index, all);
        if (WhyNotIn(wanted, all, File.ReadAllLines("/proc/self/mountinfo")) is { } why)
            throw new SnapshotException($"the copy-on-write store cannot lie in {wanted}: {why}", "name a folder on another disk, or 'memory'");
        return LoopStore.InFolder(wanted, Some(wanted, volumeLength));
    }

    private static StoreRoom Some(string where, long volumeLength) => RoomIn(where, volumeLength) is { First: > 0 } room
        ? room
        : throw new SnapshotException($"there is no room for a copy-on-write store in {where}", "free some, or name another place with --store");

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

    private static long AvailableMemory()
    {
        var numbers = File.ReadLines("/proc/meminfo").Select(line => line.Split(':')).Where(fields => fields is ["MemTotal" or "MemAvailable", _])
            .ToDictionary(fields => fields[0], fields => long.Parse(fields[1].AsSpan().Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) << 10);
        return RoomInMemory(numbers["MemTotal"], numbers["MemAvailable"], LoopStore.PromisedMemory);
    }

    /// <summary>
    /// An eighth of all memory stays with the system: it would rather lose a snapshot than a program. In bytes.
    /// </summary>
    /// <param name="available">What the kernel thinks can be had without swapping.</param>
    /// <param name="promised">What stores that there are may still take of that.</param>
    internal static long RoomInMemory(long total, long available, long promised) => Math.Max(0, available - total / 8 - promised);

    /// <summary>What is written there would wait for what is frozen, which waits for it. Null where it would not.</summary>
    /// <param name="path">Of a folder, or a file that a store lies in; it may have been removed.</param>
    /// <param name="mounts">Lines of /proc/self/mountinfo.</param>
    internal static string? WhyNotIn(string path, IReadOnlyList<LiveVolume> frozen, IReadOnlyList<string> mounts)
    {
        var number = MountNumber(path, mounts);
        if (frozen.SelectMany(volume => volume.FileSystems).FirstOrDefault(system => system.Number == number) is { } below) return $"{below.MountPoint} is imaged itself";
        return new ProcessMounts(mounts).TypeOf(Real(path)) is "overlay" ? "it is on an overlay, whose files lie in folders of other file systems" : null;
    }

    /// <summary>The device number of the file system that a folder lies on.</summary>
    internal static string? MountNumber(string folder, IEnumerable<string> mounts) => new ProcessMounts(mounts).NumberOf(Real(folder));

    private static string Real(string path) => RealPath.Of(path) ?? Path.GetFullPath(path);
}
