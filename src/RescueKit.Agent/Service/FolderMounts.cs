using RescueKit.Agent.Jobs;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>What jobs' folders lie on: an image for a share that is not mounted would fill the file system below its mount point.</summary>
internal sealed class FolderMounts(SystemRoot root)
{
    /// <summary>Looks at the folder. Null where nothing tells.</summary>
    public JobPlace? Find(string folder) => MountTable.Read(root).Holding(DiskInventory.RealPath(folder)) is { } mount ? new JobPlace(folder, mount.Point) : null;

    /// <summary>Does not look at the folder.</summary>
    /// <param name="place">Where the job's images lay; null where it has made none. It says nothing about another folder.</param>
    /// <exception cref="SafetyException">Nothing is mounted there now.</exception>
    public void MustBeThere(JobPlace? place, string folder)
    {
        // An older agent wrote the folder as its configuration did.
        if (place is null || ConfigReader.Plain(place.Folder) != folder || MountTable.Read(root).Mounts.Any(mount => mount.Point == place.MountPoint)) return;
        throw new SafetyException($"{folder} lay on what was mounted at {place.MountPoint} when the job's last image was made, and nothing is mounted there now",
            $"mount {place.MountPoint}; for images that are to lie elsewhere from now on, give the job another folder");
    }
}
