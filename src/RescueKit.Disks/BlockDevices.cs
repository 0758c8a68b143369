using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Devices;
using RescueKit.Disks.Formats;
using RescueKit.Disks.Interop;
using RescueKit.Disks.Inventory;
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
        if (status.IsBlockDevice) return OpenDevice(path, status, LibC.ReadOnly, exclusive, (device, origin) => new DeviceSource(device, origin));
        if (!status.IsRegular) throw NotADisk(path);
        var file = LibC.Open(path, LibC.ReadOnly) ?? throw Errno.Failed($"open {path}", LibC.LastError);
        return Guarded(file, () =>
        {
            if (exclusive) Hold(file, path, LibC.LockShared);
            return new FileSource(file, path, LengthOf(file, path));
        });
    }

    /// <summary>
    /// As <see cref="OpenSource"/>; a file whose name and first bytes say that it is a virtual machine's disk file (qcow2, VMDK, VHDX, VHD, VDI)
    /// is opened as the disk in it.
    /// </summary>
    public static IBlockSource OpenDisk(string path, bool exclusive = true)
    {
        var source = OpenSource(path, exclusive);
        try
        {
            return source is FileSource && DiskFormats.Of(path) is { } driver ? new ForeignDisk(source, path, driver) : source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens what exists for writing, exclusively; a regular file keeps its length.
    /// </summary>
    /// <exception cref="SafetyException">Missing, in use, read-only, or attached to a loop device.</exception>
    public static IBlockTarget OpenTarget(string path)
    {
        if (LibC.Stat(path) is not { } status)
        {
            if (LibC.LastError is var errno && errno != Errno.NoEntry) throw Errno.Failed($"open {path}", errno);
            throw new SafetyException($"{path} does not exist", "Name an existing disk or file.");
        }
        if (status.IsBlockDevice) return OpenDevice(path, status, LibC.ReadWrite, exclusive: true, (device, origin) => new DeviceTarget(device, origin));
        if (!status.IsRegular) throw NotADisk(path);
        var file = LibC.Open(path, LibC.ReadWrite) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        return Guarded(file, () =>
        {
            Hold(file, path, LibC.LockExclusive);
            return new FileTarget(file, path, LengthOf(file, path), isNew: false);
        });
    }

    /// <summary>
    /// Has the kernel read the partition table of a target that was written (BLKRRPART). Null when done or where there is nothing to
    /// do (files, partitions); else one line that says why the kernel goes on with the old table.
    /// </summary>
    public static string? RereadPartitionTable(IBlockTarget target) =>
        target is DeviceTarget device && device.Geometry.Identity.Kind != "partition" ? device.RereadTable() : null;

    /// <summary>
    /// Opens a source that vanished (<see cref="DeviceGoneException"/>) under the name that it came back with: same serial (or WWN where
    /// it has no serial) and length, and no disk that was there beside it. That it is the same disk is the caller's to prove, by its content.
    /// Null while it is not back, where several fit, and for files. The old source stays the caller's to dispose.
    /// </summary>
    public static IBlockSource? ReopenSource(IBlockSource gone, bool exclusive = true) =>
        gone is DeviceSource { Origin: { } origin } && DiskInventory.Now().Find(origin) is { } path ? OpenSource(path, exclusive) : null;

    /// <summary>Makes a sparse file of <paramref name="length"/> bytes, which is UnwrittenIsZero, for its owner alone.</summary>
    /// <exception cref="SafetyException">Something of that name exists.</exception>
    public static IBlockTarget CreateTarget(string path, long length)
    {
        var file = LibC.Open(path, LibC.ReadWrite | LibC.Create | LibC.Exclusive);
        if (file is null)
        {
            throw LibC.LastError is var errno && errno == Errno.Exists
                ? new SafetyException($"{path} exists by now: something else has made it", "Look at what it is, then start again.")
                : Errno.Failed($"create {path}", errno);
        }
        return Guarded(file, () =>
        {
            FileLocks.Take(file, path, LibC.LockExclusive);
            if (LibC.Truncate(file, length) == 0) return new FileTarget(file, path, length, isNew: true);
            var errno = LibC.LastError;
            _ = LibC.Unlink(path);
            throw Errno.Failed($"make {path} {length} bytes long", errno);
        });
    }

    /// <summary>
    /// Opens the file that a program keeps its work in, exclusively and through the page cache; where there is none, or an empty one, makes it, sparse
    /// and of <paramref name="length"/> bytes.
    /// </summary>
    /// <param name="isNew">Whether it was made.</param>
    /// <exception cref="SafetyException">In use.</exception>
    public static IBlockTarget OpenWorkFile(string path, long length, out bool isNew)
    {
        if (LibC.Stat(path) is { IsRegular: false }) throw NotADisk(path);
        var made = LibC.Open(path, LibC.ReadWrite | LibC.Create | LibC.Exclusive);
        var file = made ?? LibC.Open(path, LibC.ReadWrite) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        var isEmpty = false;
        var target = Guarded(file, () =>
        {
            Hold(file, path, LibC.LockExclusive);
            isEmpty = LengthOf(file, path) == 0;
            if (isEmpty && LibC.Truncate(file, length) is not 0)
            {
                var errno = LibC.LastError;
                if (made is not null) _ = LibC.Unlink(path);
                throw Errno.Failed($"make {path} {length} bytes long", errno);
            }
            return new FileTarget(file, path, LengthOf(file, path), isEmpty, isProved: false);
        });
        isNew = isEmpty;
        return target;
    }

    /// <summary>Opens and holds a file that is empty, until it is known how long it has to be.</summary>
    /// <exception cref="SafetyException">In use, or not an empty file any more.</exception>
    public static EmptyFile OpenEmpty(string path)
    {
        var file = LibC.Open(path, LibC.ReadWrite | LibC.NonBlocking) ?? throw Errno.Failed($"open {path} for writing", LibC.LastError);
        return Guarded(file, () =>
        {
            Hold(file, path, LibC.LockExclusive);
            var empty = new EmptyFile(file, path);
            empty.MustBeEmpty();
            return empty;
        });
    }

    private static void Hold(SafeFileHandle file, string path, int kind)
    {
        var uses = FileUses.Of(path, writersOnly: kind == LibC.LockShared);
        if (uses.Count > 0) throw InUse(path, uses);
        FileLocks.Take(file, path, kind);
    }

    private static T OpenDevice<T>(string path, FileStatus status, int access, bool exclusive, Func<DeviceHandle, DiskOrigin?, T> make)
    {
        var flags = access | LibC.NonBlocking | (exclusive ? LibC.Exclusive : 0);
        var file = OpenPatiently(path, flags | LibC.Direct);
        var isDirect = file is not null;
        if (file is null && LibC.LastError == Errno.Invalid) file = OpenPatiently(path, flags);
        if (file is null) throw OpenFailed(path, LibC.LastError);
        return Guarded(file, () =>
        {
            if (access == LibC.ReadWrite && LibC.ControlInt32(file, LibC.BlkRoGet) is not 0) throw ReadOnly(path);
            var device = DeviceHandle.Describe(file, path, status, isDirect);
            if (!device.IsDirect) device.DropCache();
            var machine = DiskInventory.Now();
            var node = machine.ByNumber(status.DeviceMajor, status.DeviceMinor);
            return make(device, node is null ? null : machine.OriginOf(node));
        });
    }

    /// <summary>A holder that is just letting go (a closing program, a child not yet past its fork) gets a quarter of a second.</summary>
    private static SafeFileHandle? OpenPatiently(string path, int flags)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (LibC.Open(path, flags) is { } file) return file;
            var errno = LibC.LastError;
            if (errno != Errno.Busy || attempt == 5)
            {
                Marshal.SetLastPInvokeError(errno);
                return null;
            }
            Thread.Sleep(50);
        }
    }

    private static RescueKitException OpenFailed(string path, int errno)
    {
        if (errno == Errno.ReadOnlyFileSystem) return ReadOnly(path);
        return errno == Errno.Busy ? InUse(path, DiskInventory.Describe(path).Uses) : Errno.Failed($"open {path}", errno);
    }

    private static SafetyException InUse(string path, IReadOnlyList<string> uses) => new(
        $"{path} is in use: {(uses.Count > 0 ? string.Join("; ", uses) : "by something that does not show here (another mount namespace, or a program)")}",
        "Unmount it and stop what holds it, then try again.");

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
            FileLocks.Release(file);
            file.Dispose();
            throw;
        }
    }
}
