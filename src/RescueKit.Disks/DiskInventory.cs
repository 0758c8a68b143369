using RescueKit.Model;

namespace RescueKit.Disks;

/// <summary>The machine's disks as sysfs, mountinfo, /proc/swaps tell, without opening devices for writing.</summary>
public static class DiskInventory
{
    /// <summary>Whole disks (no partitions, no empty loop devices), ordered by name.</summary>
    public static IReadOnlyList<DiskInfo> List() => throw new NotImplementedException();

    /// <summary>One block device or regular file.</summary>
    public static DiskInfo Describe(string path) => throw new NotImplementedException();

    /// <summary>
    /// The disks (or loop-backing files) that hold the file or folder <paramref name="path"/>, followed down through device mapper,
    /// md, loop; for "the disk that holds the image". Paths of whole disks. Empty where it cannot be told (network, tmpfs).
    /// </summary>
    public static IReadOnlyList<string> DisksBelow(string path) => throw new NotImplementedException();
}

/// <param name="Path">As given, or /dev/NAME.</param>
/// <param name="ConfirmId">What --confirm wants: a suffix of serial or WWN that is unique on this machine; size and port where both
/// are missing or shared; a file's own name.</param>
/// <param name="Uses">Why it is in use, each a plain phrase: "partition 2 mounted at /home", "partition 3 is swap", "held by LVM".</param>
public sealed record DiskInfo(
    string Path, long Length, DiskGeometry Geometry, string ConfirmId, bool ReadOnly, bool IsSystemDisk, IReadOnlyList<string> Uses)
{
    /// <summary>Per partition number: where it is mounted.</summary>
    public IReadOnlyDictionary<int, string> Mounts { get; init; } = new Dictionary<int, string>();
    public bool Removable { get; init; }
    public bool Rotational { get; init; }
}
