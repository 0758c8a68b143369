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
    private const int Tries = 100, ClosingTries = 25;

    private readonly IToolRunner _tools;
    private readonly IdDisk _disk;
    private readonly string _file;
    private readonly ICollection<string> _inUse;
    private readonly bool _isLoop;
    private readonly string? _backing;
    private readonly Dictionary<int, string> _nodes = [];

    /// <param name="inUse">Takes a sentence where the disk cannot be let go of.</param>
    /// <exception cref="DeviceException">A partition does not show up.</exception>
    public DiskNodes(IToolRunner tools, IdDisk disk, ICollection<string> inUse)
    {
        (_tools, _disk, _file, _inUse, _isLoop) = (tools, disk, disk.Path, inUse, !DiskInventory.IsBlockDevice(disk.Path));
        Disk = _isLoop
            ? tools.Must($"attaching {disk.Path}", new ToolCall(
                "losetup", "--find", "--show", "--partscan", "--sector-size", disk.SectorSize.ToString(CultureInfo.InvariantCulture), disk.Path)).Trim()
            : DiskInventory.RealPath(disk.Path);
        _backing = Backing();
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

    /// <summary>The disk and all its partitions, as the kernel calls them.</summary>
    public IReadOnlyList<string> All => [.. _nodes.Values.Concat(Partitions().Select(NodeOf)).Prepend(Disk).Distinct()];

    /// <summary>What udev would call its partitions below /dev, and their nodes: by these names an initramfs is to find them.</summary>
    public IReadOnlyList<(string Name, string Node)> Links(IdWords words) =>
    [
        .. _disk.Volumes.SelectMany(v => (IEnumerable<(string Kind, string? Id, int Number)>)[("by-uuid", v.Uuid, v.Number), ("by-partuuid", PartitionId(v, _disk), v.Number)])
            .Where(link => link.Id is not null && !link.Id.Contains('/', StringComparison.Ordinal))
            .Select(link => (Name: $"disk/{link.Kind}/{words.In(link.Id!)}", Node: Node(link.Number))).DistinctBy(link => link.Name),
    ];

    /// <summary>The device of a partition.</summary>
    public string Node(int number) => _nodes[number];

    /// <summary>What was written through them is on the disk then, and what the kernel knew of the partitions is read anew.</summary>
    public void Dispose()
    {
        foreach (var node in _nodes.Values.Append(Disk).Where(File.Exists)) _tools.Run(new ToolCall("blockdev", "--flushbufs", node));
        if (_isLoop) Detach();
        try
        {
            using var handle = File.OpenHandle(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (IdTool.IsTrouble(e))
        {
            _inUse.Add($"Not all that was changed may be on {_file}: {e.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>While something of it is mounted, the kernel only notes that it is to be detached, and calls that a success.</summary>
    private void Detach()
    {
        var outcome = _tools.Run(new ToolCall("losetup", "--detach", Disk));
        for (var i = 0; outcome.ExitCode == 0 && _backing is not null && Backing() == _backing; i++)
        {
            if (i == ClosingTries) outcome = new ToolOutcome(1, "", "what is mounted of it is still in use");
            else Thread.Sleep(s_pause);
        }
        if (outcome.ExitCode != 0) _inUse.Add($"{_file} is still attached as {Disk}: {outcome.Complaint}.");
    }

    /// <summary>The file of a loop device; null where it has none, or none any more.</summary>
    private string? Backing()
    {
        try
        {
            return File.ReadAllText(Path.Combine(Folder, "loop/backing_file"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>What the original's table calls a partition, as blkid prints it; null without a table.</summary>
    public static string? PartitionId(IdVolume volume, IdDisk disk) => (volume.PartitionId, disk) switch
    {
        ({ } id, _) => id.From,
        (null, { Table: PartitionTableKind.Mbr, DiskId: { } id }) => string.Create(CultureInfo.InvariantCulture, $"{id.From}-{volume.Number:x2}"),
        _ => null,
    };

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
        Partitions().Where(folder => File.ReadAllText(Path.Combine(folder, "partition")).Trim() == number.ToString(CultureInfo.InvariantCulture)).Select(NodeOf).FirstOrDefault();

    private string Folder => Path.Combine("/sys/class/block", Path.GetFileName(Disk));

    private IEnumerable<string> Partitions() => Directory.EnumerateDirectories(Folder).Where(folder => File.Exists(Path.Combine(folder, "partition")));

    private static string NodeOf(string folder) => $"/dev/{Path.GetFileName(folder)}";
}
