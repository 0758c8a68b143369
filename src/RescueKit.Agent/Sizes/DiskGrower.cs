using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Engine.Sizes;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>
/// Grows the partition of a disk or disk file by sfdisk(8) and the file system's own tool. What starts the disk stays right: GRUB's core image and
/// every boot sector name where partitions begin, which does not change, and none of them where one ends.
/// </summary>
public sealed class DiskGrower(IToolRunner tools) : IDiskGrower
{
    /// <summary>What sfdisk takes the sectors of a file for.</summary>
    private const int FileSector = 512;

    public void Check(Growth growth)
    {
        var tool = SizeTool.Of(growth.FileSystem, tools)
            ?? throw Refused(growth, $"it holds {growth.FileSystem}, and ext, XFS, btrfs and NTFS are those that can", "name one that can, with --grow N: what lies behind it is moved; or leave --grow out");
        var isFile = !DiskInventory.IsBlockDevice(growth.Disk);
        if (isFile && growth.Table != PartitionTableKind.None && growth.SectorSize != FileSector)
            throw Refused(growth, $"the table counts in sectors of {growth.SectorSize} bytes, which a file does not have", "attach the file as a device with such sectors first: losetup --sector-size");
        if (tool.MustBeMounted && !Environment.IsPrivilegedProcess)
            throw Refused(growth, $"{growth.FileSystem} is mounted for that, which needs root", "run it as root");
        (string, string) view = Environment.IsPrivilegedProcess ? ("losetup", "mount") : (NbdFuseView.Program, NbdFuseView.Package);
        foreach (var (program, package) in tool.Programs.Append((SfdiskTable.Program, SfdiskTable.Package)).Append(view))
        {
            if (!tools.Has(program)) throw Refused(growth, $"the program {program} is not on this system", $"install it: apt install {package}");
        }
    }

    public void Grow(Growth growth, Action<string> tell, CancellationToken cancel)
    {
        // Tools work in a folder of their own, and the disk itself is not known to every one of them by a name that udev made.
        growth = growth with { Disk = DiskInventory.RealPath(growth.Disk) };
        if (growth.Table != PartitionTableKind.None) new SfdiskTable(tools, growth.Disk).Lengthen(growth.Partition, growth.From, growth.NewEnd);
        cancel.ThrowIfCancellationRequested();
        tell($"growing {growth.FileSystem} of partition {growth.Partition}");
        try
        {
            Grow(growth);
        }
        catch (DeviceException e) when (growth.Table != PartitionTableKind.None)
        {
            throw new DeviceException($"{e.Message}; the partition has its new length, its file system the old one", "grow that by its own tool", e);
        }
    }

    public void MoveTable(string from, string onto, IReadOnlyDictionary<int, Extent> places) => SfdiskTable.Move(tools, from, onto, places);

    private void Grow(Growth growth)
    {
        var tool = SizeTool.Of(growth.FileSystem, tools)!;
        if (Environment.IsPrivilegedProcess)
        {
            using var loop = new LoopView(tools, growth.Disk, growth.Onto);
            tool.Grow(loop.Path);
            return;
        }
        using var disk = BlockDevices.OpenTarget(growth.Disk);
        using var volume = new BlockTargetSlice(disk, growth.Onto, $"{growth.Disk} partition {growth.Partition}");
        using (var view = new ServedVolume(volume, isWritable: true, tools, _ => { })) tool.Grow(view.Path);
        disk.Flush();
    }

    private static SafetyException Refused(Growth growth, string why, string remedy) => new($"partition {growth.Partition} of {growth.Disk} cannot be grown: {why}", remedy);
}
