using RescueKit.Agent.Files;
using RescueKit.Agent.Protocol;
using RescueKit.Disks.Inventory;

namespace RescueKit.Agent.Places;

/// <summary>What is mounted already, by the system or by hand: file systems on real devices and network shares.</summary>
internal sealed class SystemMounts(SystemRoot root)
{
    private static readonly string[] NetworkTypes = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"];

    /// <summary>No places for images: the system's own folders, and file systems that hold nothing else.</summary>
    private static readonly string[] NotPlaces = ["/boot", "/efi", "/snap", "/etc", "/usr", "/proc", "/sys", "/dev"];
    private static readonly string[] NotTypes = ["squashfs", "iso9660", "erofs", "udf"];

    public IReadOnlyList<Mount> All => MountTable.Read(root).Mounts;

    /// <summary>One mount of each file system: that nearest to the root.</summary>
    public IEnumerable<Mount> Places() => All
        .Where(mount => IsPlace(mount) && !ImageFolder.IsOwn(mount.Point) && !NotPlaces.Any(folder => mount.Point == folder || mount.Point.StartsWith(folder + "/", StringComparison.Ordinal)))
        .GroupBy(mount => (mount.Number, mount.Source))
        .Select(same => same.MinBy(mount => mount.Point.Length)!);

    public static PlaceKind KindOf(Mount mount) => mount.Type switch
    {
        "nfs" or "nfs4" => PlaceKind.Nfs,
        "cifs" or "smb3" => PlaceKind.Smb,
        "fuse.sshfs" => PlaceKind.Ssh,
        _ => PlaceKind.Folder,
    };

    public static bool IsReadOnly(Mount mount) => mount.Options.Split(',').Contains("ro");

    private static bool IsPlace(Mount mount) => NetworkTypes.Contains(mount.Type)
        || (mount.Source.StartsWith("/dev/", StringComparison.Ordinal) && !NotTypes.Contains(mount.Type) && Directory.Exists(mount.Point));
}
