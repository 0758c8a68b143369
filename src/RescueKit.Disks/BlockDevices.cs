using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Devices;
using RescueKit.Disks.Interop;
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
    public static IBlockSource OpenSource(string path, bool exclusive = true)
    {
        var status = LibC.Stat(path) ?? throw Errno.Failed($"open {path}", LibC.LastError);
        if (status.IsBlockDevice) return OpenDevice(path, status, LibC.ReadOnly, exclusive, (device, identity) => new DeviceSource(device, identity));
        if (!status.IsRegular) throw NotADisk(path);
        var file = LibC.Open(path, LibC.ReadOnly) ?? throw Errno.Failed($"open {path}", LibC.LastError);
        return Guarded(file, () =>
        {
            if (exclusive) FileLocks.Take(file, path, LibC.LockShared);
            return new FileSource(file, path, LengthOf(file, path));
        });
    }

    /// <summary>
    /// Opens for writing, exclusively. A file that does not exist is created sparse with <paramref name="createLength"/> bytes and
    /// is UnwrittenIsZero; an existing regular file keeps its length.
    /// </summary>
    /// <exception cref="SafetyException">In use, read-only, attached to a loop device, or (a file) missing without createLength.</exception>
    public static IBlockTarget OpenTarget(string path, long? createLength = null)
    {
        if (LibC.Stat(path) is not { } status)
        {
            if (LibC.LastError is var errno && errno != Errno.NoEntry) throw Errno.Failed($"open {path}", errno);
            if (createLength is not { } length)
                throw new SafetyException($"{path} does not exist", "Name an existing disk or file.");
            return CreateFile(path, length);
        }
        if (status.IsBlockDevice) return OpenDevice(path, status, LibC.ReadWrite, exclusive: true, (device, identity) => new DeviceTarget(device, identity));
        if (!status.IsRegular) throw NotADisk(path);
        var file = LibC.Open(path, LibC.ReadWrite) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        return Guarded(file, () =>
        {
            FileLocks.Take(file, path, LibC.LockExclusive);
            return new FileTarget(file, path, LengthOf(file, path), isNew: false);
        });
    }

    /// <summary>
    /// Has the kernel read the partition table of a target that was written (BLKRRPART). Null when done or where there is nothing to
    /// do (files, partitions); else one line that says why the kernel goes on with the old table.
    /// </summary>
    public static string? RereadPartitionTable(IBlockTarget target) =>
        target is DeviceTarget device && device.Geometry.Identity.Kind != "partition" ? device.RereadTable() : null;

    private static FileTarget CreateFile(string path, long length)
    {
        var file = LibC.Open(path, LibC.ReadWrite | LibC.Create | LibC.Exclusive) ?? throw Errno.Failed($"create {path}", LibC.LastError);
        return Guarded(file, () =>
        {
            FileLocks.Take(file, path, LibC.LockExclusive);
            if (LibC.Truncate(file, length) == 0) return new FileTarget(file, path, length, isNew: true);
            var errno = LibC.LastError;
            _ = LibC.Unlink(path);
            throw Errno.Failed($"make {path} {length} bytes long", errno);
        });
    }

    private static T OpenDevice<T>(string path, FileStatus status, int access, bool exclusive, Func<DeviceHandle, DiskIdentity, T> make)
        where T : class
    {
        var flags = access | LibC.NonBlocking | (exclusive ? LibC.Exclusive : 0);
        var isDirect = true;
        var file = LibC.Open(path, flags | LibC.Direct);
        if (file is null && LibC.LastError == Errno.Invalid)
        {
            isDirect = false;
            file = LibC.Open(path, flags);
        }
        if (file is null) throw OpenFailed(path, access, LibC.LastError);
        return Guarded(file, () =>
        {
            var device = DeviceHandle.Describe(file, path, status, isDirect);
            if (access == LibC.ReadWrite && LibC.ControlInt32(file, LibC.BlkRoGet) is not 0)
                throw ReadOnly(path);
            if (device.Length % device.LogicalSectorSize != 0) device = Buffered(device, flags);
            if (!device.IsDirect) device.DropCache();
            return make(device, new DiskIdentity("disk"));
        });
    }

    /// <summary>A device that ends within a sector (an odd loop file) shows its last bytes only through the page cache.</summary>
    private static DeviceHandle Buffered(DeviceHandle device, int flags)
    {
        device.File.Dispose();
        var file = LibC.Open(device.Path, flags) ?? throw OpenFailed(device.Path, flags, LibC.LastError);
        return device with { File = file, IsDirect = false };
    }

    private static RescueKitException OpenFailed(string path, int access, int errno) => errno switch
    {
        Errno.Busy => new SafetyException($"{path} is in use", "Unmount its partitions and stop what holds them, then try again."),
        Errno.ReadOnlyFileSystem or Errno.AccessDenied when access == LibC.ReadWrite && errno == Errno.ReadOnlyFileSystem => ReadOnly(path),
        _ => Errno.Failed($"open {path}", errno),
    };

    private static SafetyException ReadOnly(string path) =>
        new($"{path} is read-only", "Release its write protection (a switch, or blockdev --setrw), or choose another disk.");

    private static UsageException NotADisk(string path) => new($"{path} is neither a block device nor a file", "Name a disk or a raw disk file.");

    private static long LengthOf(SafeFileHandle file, string path) =>
        LibC.Stat(file)?.Length ?? throw Errno.Failed($"ask for the size of {path}", LibC.LastError);

    /// <summary>Closes the descriptor when what is built on it fails.</summary>
    private static T Guarded<T>(SafeFileHandle file, Func<T> build)
    {
        try
        {
            return build();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
