using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>
/// Keeps runs and other programs off one file: shared for reading, exclusive for writing, for as long as the descriptor is open. Two
/// kinds of locks that do not see each other are asked and held: flock, and byte ranges (lockf, fcntl), which virtual machines take.
/// </summary>
internal static class FileLocks
{
    /// <summary>
    /// QEMU (block/file-posix.c, "RAW_LOCK_PERM_BASE", "RAW_LOCK_SHARED_BASE"; block.h, "BLK_PERM_*") holds a byte, for reading, for each thing
    /// that it may do to a disk file: from 100 on what it does, from 200 on what it lets nobody else do. Its writers are known by these.
    /// </summary>
    private const long QemuDoes = 100;
    private const long QemuForbids = 200;
    private const long QemuLast = 5;
    private static readonly long[] s_changes = [1 /* write */, 3 /* resize */];

    /// <exception cref="SafetyException">Another program holds it.</exception>
    public static void Take(SafeFileHandle file, string path, int kind)
    {
        var isFree = kind == LibC.LockExclusive ? RangeLocks.TryTakeAll(file) : TryRead(file);
        while (isFree && LibC.Lock(file, kind | LibC.LockNonBlocking) != 0)
        {
            var errno = LibC.LastError;
            if (errno == Errno.WouldBlock) isFree = false;
            else if (errno != Errno.Interrupted) return; // a file system without locks: nothing to ask
        }
        if (isFree) return;
        Release(file);
        throw new SafetyException($"{path} is in use by another program", "Wait until it has ended (a virtual machine, another run), or choose another file.");
    }

    /// <summary>Said aloud: a process that is just being started shares the descriptor, and closing ours alone would not let go.</summary>
    public static void Release(SafeFileHandle file)
    {
        if (file.IsClosed) return;
        _ = LibC.Lock(file, LibC.Unlock);
        RangeLocks.ReleaseAll(file);
    }

    /// <summary>
    /// Nobody writes, and a virtual machine that would write does not start; those that only read, and their locks, are no matter.
    /// </summary>
    private static bool TryRead(SafeFileHandle file) => !RangeLocks.HasWriter(file)
        && s_changes.All(change => RangeLocks.HolderOf(file, QemuDoes + change) is not { } held || !IsQemu(held))
        && s_changes.All(change => RangeLocks.TryShare(file, QemuForbids + change));

    private static bool IsQemu((long Start, long End) held) => held.Start >= QemuDoes && held.End is > QemuDoes and <= QemuDoes + QemuLast;
}
