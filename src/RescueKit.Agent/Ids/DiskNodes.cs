using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Engine.Ids;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>A disk and its partitions as block devices: a file through a loop device. Needs root.</summary>
internal sealed class DiskNodes : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private const int Tries = 100;

    private readonly IToolRunner _tools;
    private readonly string _file;
    private readonly bool _isLoop;
    private readonly Dictionary<int, string> _nodes = [];

    /// <exception cref="DeviceException">A partition does not show up.</exception>
    public DiskNodes(IToolRunner tools, IdDisk disk)
    {
        (_tools, _file, _isLoop) = (tools, disk.Path, !DiskInventory.IsBlockDevice(disk.Path));
        Disk = _isLoop
            ? tools.Must($"attaching {disk.Path}", new ToolCall(
                "losetup", "--find", "--show", "--partscan", "--sector-size", disk.SectorSize.ToString(CultureInfo.InvariantCulture), disk.Path)).Trim()
            : disk.Path;
        try
        {
            foreach (var volume in disk.Volumes) _nodes[volume.Number] = disk.Table == PartitionTableKind.None ? Disk : Await(volume.Number);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Disk { get; }

    /// <summary>The device of a partition.</summary>
    public string Node(int number) => _nodes[number];

    /// <summary>What was written through them is on the disk then, and what the kernel knew of the partitions is read anew.</summary>
    public void Dispose()
    {
        foreach (var node in _nodes.Values.Append(Disk).Where(File.Exists)) _tools.Run(new ToolCall("blockdev", "--flushbufs", node));
        if (_isLoop) _tools.Run(new ToolCall("losetup", "--detach", Disk));
        using var handle = File.OpenHandle(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>The device of a partition; who makes it known takes a moment for it.</summary>
    private string Await(int number)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (Known(number) is { } node && DiskInventory.IsBlockDevice(node)) return node;
            if (i == 0) _tools.Run(new ToolCall("partx", "--update", Disk));
            Thread.Sleep(s_pause);
        }
        throw new DeviceException($"partition {number} of {_file} does not show up", "unplug the disk and plug it in again, or start anew");
    }

    /// <summary>What the kernel calls a partition; null while it knows none of that number.</summary>
    private string? Known(int number) =>
        Directory.EnumerateDirectories(Path.Combine("/sys/class/block", Path.GetFileName(DiskInventory.RealPath(Disk))))
            .Where(folder => Path.Combine(folder, "partition") is var file && File.Exists(file) && File.ReadAllText(file).Trim() == number.ToString(CultureInfo.InvariantCulture))
            .Select(folder => $"/dev/{Path.GetFileName(folder)}").FirstOrDefault();
}
