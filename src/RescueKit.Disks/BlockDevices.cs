using RescueKit.Model;

namespace RescueKit.Disks;

/// <summary>Opens block devices and regular files as sources and targets.</summary>
public static class BlockDevices
{
    /// <summary>
    /// Opens read-only. A block device is opened with O_EXCL (held for the life of the source) unless <paramref name="exclusive"/> is
    /// false, and with O_DIRECT. A file is read through the page cache; its holes are known (SEEK_HOLE).
    /// </summary>
    /// <exception cref="SafetyException">The device is in use (O_EXCL failed): mounted, held by LVM, md, swap…, by whom is named.</exception>
    public static IBlockSource OpenSource(string path, bool exclusive = true) => throw new NotImplementedException();

    /// <summary>
    /// Opens for writing, exclusively. A file that does not exist is created sparse with <paramref name="createLength"/> bytes and
    /// is UnwrittenIsZero; an existing regular file keeps its length.
    /// </summary>
    /// <exception cref="SafetyException">In use, read-only, attached to a loop device, or (a file) missing without createLength.</exception>
    public static IBlockTarget OpenTarget(string path, long? createLength = null) => throw new NotImplementedException();
}
