using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
using RescueKit.Disks.Inventory;
using RescueKit.Disks.PartitionTables;
using RescueKit.Model;

namespace RescueKit.Disks;

/// <summary>The machine's disks as sysfs, mountinfo, /proc/swaps tell, without opening devices for writing.</summary>
public static class DiskInventory
{
    /// <summary>Whole disks (no partitions, no loop devices that are empty or hold the running system), ordered by name.</summary>
    public static IReadOnlyList<DiskInfo> List() => Now().List();

    /// <summary>One block device or regular file.</summary>
    /// <exception cref="DeviceException">It is missing or cannot be looked at.</exception>
    /// <exception cref="UsageException">It is neither.</exception>
    public static DiskInfo Describe(string path)
    {
        var status = LibC.Stat(path) ?? throw Errno.Failed($"look at {path}", LibC.LastError);
        if (status.IsBlockDevice)
        {
            var machine = Now();
            return machine.ByNumber(status.DeviceMajor, status.DeviceMinor) is { } node
                ? machine.Describe(node, path)
                : throw new DeviceException($"the kernel shows nothing about {path}", "Check that /sys is mounted and the device is still plugged in.");
        }
        if (!status.IsRegular) throw new UsageException($"{path} is neither a block device nor a file", "Name a disk or a raw disk file.");
        return new DiskInfo(path, status.Length, FileSource.FileGeometry, Path.GetFileName(path), !LibC.CanWrite(path), false, FileUses.Of(path));
    }

    /// <summary>True where two paths lead to one disk or file, however they are called: symbolic and hard links, device nodes; what is not there yet
    /// is the same only under the same path.</summary>
    public static bool AreSame(string one, string other)
    {
        if (RealPath(one) == RealPath(other)) return true;
        if (LibC.Stat(one) is not { } a || LibC.Stat(other) is not { } b) return false;
        if (a.IsBlockDevice || b.IsBlockDevice)
            return a.IsBlockDevice && b.IsBlockDevice && (a.DeviceMajor, a.DeviceMinor) == (b.DeviceMajor, b.DeviceMinor);
        return (a.Inode, a.HolderMajor, a.HolderMinor) == (b.Inode, b.HolderMajor, b.HolderMinor);
    }

    /// <summary>
    /// The disks (or loop-backing files) that hold the file or folder <paramref name="path"/>, followed down through device mapper,
    /// md, loop; for "the disk that holds the image". Paths of whole disks. Empty where it cannot be told (network, tmpfs).
    /// For what does not exist yet, the nearest folder above counts; for a block device, what it rests on, itself included.
    /// </summary>
    public static IReadOnlyList<string> DisksBelow(string path)
    {
        var machine = Now();
        if (LibC.Stat(path) is { IsBlockDevice: true } status && machine.ByNumber(status.DeviceMajor, status.DeviceMinor) is { } node)
            return machine.DisksBelow(node);
        return machine.DisksBelow(Existing(path).Real);
    }

    /// <summary>The path with every symbolic link followed, as far as it exists: two names of one place are equal.</summary>
    public static string RealPath(string path)
    {
        var (existing, real) = Existing(path);
        return Path.GetFullPath(Path.Combine(real, Path.GetRelativePath(existing, Path.GetFullPath(path))));
    }

    /// <summary>True where a file at <paramref name="path"/> would lie among device nodes, in memory: a mistyped device name.</summary>
    public static bool IsAmongDevices(string path) => Now().IsAmongDevices(Existing(path).Real);

    /// <summary>The path, or the nearest folder above that exists, as given and with every symbolic link followed.</summary>
    private static (string Path, string Real) Existing(string path)
    {
        for (var existing = Path.GetFullPath(path); ; existing = Path.GetDirectoryName(existing) ?? "/")
        {
            if (LibC.RealPath(existing) is { } real) return (existing, real);
            if (existing == "/") return ("/", "/");
        }
    }

    public static bool IsBlockDevice(string path) => LibC.Stat(path) is { IsBlockDevice: true };

    /// <summary>False for folders, devices, pipes and sockets, and where there is nothing. Symbolic links are followed.</summary>
    public static bool IsRegularFile(string path) => LibC.Stat(path) is { IsRegular: true };

    /// <summary>Where a partition, mapped by the boot hook or not, begins on its disk, in bytes, as the partition table says; 0 for everything else.</summary>
    public static long StartOf(string path)
    {
        if (LibC.Stat(path) is not { IsBlockDevice: true } status || Now().ByNumber(status.DeviceMajor, status.DeviceMinor) is not { Disk: { } disk } part) return 0;
        using var table = BlockDevices.OpenSource(disk.DevicePath, exclusive: false);
        return PartitionTableReader.Read(table).Partitions.FirstOrDefault(found => found.Number == part.PartitionNumber)?.Extent.Offset ?? 0;
    }

    /// <summary>LVM has volumes that are active.</summary>
    public static bool HasLogicalVolumes() => Now().HasLogicalVolumes;

    /// <summary>A device, or a mount point of one, that LVM has made.</summary>
    public static bool IsLogicalVolume(string path)
    {
        if (LibC.Stat(path) is not { } status) return false;
        var machine = Now();
        return (status.IsBlockDevice ? machine.ByNumber(status.DeviceMajor, status.DeviceMinor) : machine.MountedAt(RealPath(path))) is { } node && machine.IsLogicalVolume(node);
    }

    internal static Machine Now() => new(new SystemRoot());
}

/// <param name="Path">As given, or /dev/NAME.</param>
/// <param name="ConfirmId">What --confirm wants: a suffix of serial or WWN that is unique on this machine; size and port where both
/// are missing or shared; a file's own name.</param>
/// <param name="Uses">Why it is in use, each a plain phrase: "partition 2 mounted at /home", "partition 3 is swap", "held by LVM".</param>
public sealed record DiskInfo(
    string Path, long Length, DiskGeometry Geometry, string ConfirmId, bool ReadOnly, bool IsSystemDisk, IReadOnlyList<string> Uses)
{
    /// <summary>Per partition number (0 for the whole disk): where it is mounted.</summary>
    public IReadOnlyDictionary<int, string> Mounts { get; init; } = new Dictionary<int, string>();
    public bool Removable { get; init; }
    public bool Rotational { get; init; }
}
