using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Install;

/// <param name="TableId">Of its partition table: PTUUID, as blkid tells it.</param>
public sealed record HookedDisk(string Path, string TableId);

/// <summary>
/// From the next start on the partitions of chosen disks are used through idle mappings, so that they can be frozen: what
/// <c>media/agent/map-partition</c> does early in the initramfs, the root partition included.
/// </summary>
public sealed class BootHook(IToolRunner tools, SystemRoot root)
{
    private const string List = "/etc/rescuekit/disks";
    private const string Remedy = "partitions in use can be frozen without it where they are LVM volumes, or mounted through a linear mapping; or image the disk cold, from the rescue media";

    private static readonly TimeSpan s_rebuild = TimeSpan.FromMinutes(20);

    private static readonly (string Program, string Package)[] s_needed =
    [
        ("update-initramfs", "initramfs-tools"), ("lsinitramfs", "initramfs-tools-core"), ("dmsetup", "dmsetup"), ("blkid", "util-linux"), ("partx", "util-linux"), ("udevadm", "udev"),
    ];

    private static readonly HookFile[] s_files =
    [
        new("/usr/lib/rescuekit/map-partition", "agent/map-partition", IsProgram: true),
        new("/etc/udev/rules.d/59-rescuekit.rules", "agent/59-rescuekit.rules", IsProgram: false),
        new("/etc/initramfs-tools/hooks/rescuekit", "agent/initramfs-hook", IsProgram: true),
    ];

    public bool IsInstalled => root.Exists(List);

    /// <summary>Ids of the partition tables whose disks are mapped.</summary>
    public IReadOnlyList<string> Ids => root.ReadLines(List);

    /// <summary>Looks whether a disk can be mapped, and changes nothing.</summary>
    /// <param name="others">Every other disk of the machine, by path: none may have the same id.</param>
    /// <exception cref="SafetyException">The system would not find something any more.</exception>
    /// <exception cref="DeviceException">The system has not got what the hook needs.</exception>
    public HookedDisk Plan(LiveDisk disk, IReadOnlyList<string> others)
    {
        foreach (var (program, package) in s_needed)
        {
            if (!tools.Has(program)) throw new DeviceException($"the boot hook needs {program}, which this system does not have", $"install the package {package}; {Remedy}");
        }
        var id = TableIdOf(disk.Path) ?? throw new SafetyException($"{disk.Path} has no partition table with an id of its own", Remedy);
        if (disk.Partitions is [{ Number: 0 }]) throw new SafetyException($"{disk.Path} has no partitions", Remedy);
        if (others.FirstOrDefault(other => TableIdOf(other) == id) is { } twin)
            throw new SafetyException($"{twin} has the same partition table id as {disk.Path}: it is a copy, and one could be taken for the other", "give the copy another id (sgdisk --disk-guid=R, or sfdisk --disk-id), or unplug it");
        foreach (var partition in disk.Partitions) MustBeMappable(partition);
        DiskReferences.MustNotName(disk, root, tools);
        return new HookedDisk(disk.Path, id);
    }

    /// <summary>Whether the next start would map: an installation that was cut off has left less.</summary>
    public bool IsComplete => s_files.All(file => root.Exists(file.Path)) && InitramfsWithout() is null;

    /// <summary>Adds disks to those that are mapped. When it throws, everything is as it was before.</summary>
    /// <exception cref="DeviceException">A file cannot be written, or no initramfs can be made.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Install(IReadOnlyList<HookedDisk> disks, CancellationToken cancel = default)
    {
        var before = Ids;
        try
        {
            foreach (var part in s_files) part.Write(root);
            HookFile.Write(root, List, [.. before.Union(disks.Select(disk => disk.TableId)).SelectMany(id => System.Text.Encoding.ASCII.GetBytes(id + "\n"))], isProgram: false);
            RebuildInitramfs();
            if (InitramfsWithout() is { } file) throw new DeviceException($"{file} was made without the boot hook", "is it made by another tool than initramfs-tools?");
            cancel.ThrowIfCancellationRequested();
        }
        catch (Exception e)
        {
            if (before.Count > 0) HookFile.Write(root, List, [.. before.SelectMany(id => System.Text.Encoding.ASCII.GetBytes(id + "\n"))], isProgram: false);
            else Remove();
            RebuildAgain();
            throw e is IOException or UnauthorizedAccessException ? new DeviceException($"the boot hook cannot be installed: {e.Message}", "nothing has been changed", e) : e;
        }
    }

    /// <returns>False where it was not installed.</returns>
    /// <exception cref="SafetyException">The system would not find something any more.</exception>
    /// <exception cref="DeviceException">No initramfs can be made.</exception>
    public bool Uninstall()
    {
        if (!IsInstalled && !s_files.Any(file => root.Exists(file.Path))) return false;
        if (DiskReferences.NamesMapping(root) is { } naming)
            throw new SafetyException($"{naming} names /dev/mapper/rescuekit-…, which is not there any more once the hook is gone", "write UUID=… instead, as blkid tells it (for GRUB: update-grub), then uninstall again");
        // The list goes last: where no initramfs can be made, the old one still maps, and uninstalling is to be tried again.
        foreach (var file in s_files) Remove(file.Path);
        RebuildInitramfs();
        Remove(List);
        return true;
    }

    private string? TableIdOf(string disk) => tools.Run(new ToolCall("blkid", "-p", "-s", "PTUUID", "-o", "value", disk)) is { ExitCode: 0 } outcome && outcome.Output.Trim() is { Length: > 0 } id ? id : null;

    /// <summary>What looks for its parts by names that a mapping does not have, or brings a mapping of its own, is let be.</summary>
    private void MustBeMappable(LivePartition partition)
    {
        var type = tools.Run(new ToolCall("blkid", "-p", "-s", "TYPE", "-o", "value", partition.Device)).Output.Trim();
        if (type is "zfs_member" or "bcache" or "mpath_member" or "drbd" or "VMFS_volume_member")
            throw new SafetyException($"{partition.Name} is a {type}, which cannot be used through a mapping", Remedy);
    }

    private void Remove()
    {
        foreach (var path in s_files.Select(file => file.Path).Append(List)) Remove(path);
    }

    /// <summary>With its folder, where that is the program's own and now empty.</summary>
    private void Remove(string path)
    {
        var full = root.PathOf(path);
        var folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder)) return;
        File.Delete(full);
        if (path.Contains("/rescuekit/", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private void RebuildInitramfs()
    {
        tools.Must("making the initramfs", new ToolCall("update-initramfs", "-u", "-k", "all") { Limit = s_rebuild }, "look at what update-initramfs says; is there room in /boot?");
        tools.Run(new ToolCall("sync"));
    }

    /// <summary>Best effort: the failure that led here is told.</summary>
    private void RebuildAgain()
    {
        try
        {
            RebuildInitramfs();
        }
        catch (DeviceException)
        {
            // An initramfs that could not be made leaves the one from before.
        }
    }

    /// <summary>A system's initramfs in which the hook is not; null where there is none.</summary>
    private string? InitramfsWithout() =>
        root.List("/boot")
            .Where(name => name.StartsWith("initrd.img-", StringComparison.Ordinal) && !name.EndsWith(".bak", StringComparison.Ordinal) && !name.Contains(".dpkg-", StringComparison.Ordinal))
            .Select(name => $"/boot/{name}")
            .FirstOrDefault(file => !tools.Must("looking into the initramfs", new ToolCall("lsinitramfs", file) { Limit = s_rebuild })
                .Contains("usr/lib/rescuekit/map-partition", StringComparison.Ordinal));
}
