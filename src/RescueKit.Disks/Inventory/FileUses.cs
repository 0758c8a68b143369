using RescueKit.Disks.Interop;

namespace RescueKit.Disks.Inventory;

/// <summary>What uses a regular file as a disk, so that nobody reads or writes it beside: loop devices, swap.</summary>
internal static class FileUses
{
    /// <param name="writersOnly">Leave out what cannot change the file.</param>
    public static IReadOnlyList<string> Of(string path, bool writersOnly = false)
    {
        if (LibC.Stat(path) is not { } status) return [];
        var machine = DiskInventory.Now();
        var loops = machine.AttachedFiles().Where(found => !(writersOnly && found.IsReadOnly) && IsSame(found.File, status))
            .Select(found => $"attached to {found.Loop.DevicePath}");
        return [.. loops, .. machine.Swaps.Where(swap => IsSame(swap, status)).Select(_ => "used as swap")];
    }

    /// <summary>By inode, so that hard links and bind mounts do not hide it.</summary>
    private static bool IsSame(string other, FileStatus status) => LibC.Stat(other) is { IsRegular: true } found
        && found.Inode == status.Inode && found.HolderMajor == status.HolderMajor && found.HolderMinor == status.HolderMinor;
}
