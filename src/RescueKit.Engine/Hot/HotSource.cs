using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Model;

namespace RescueKit.Engine.Hot;

/// <summary>
/// A running disk as it was at one instant: partitions in use from their snapshot, those not in use as they are (and held, so that they stay
/// so), tables and gaps from the disk itself.
/// </summary>
internal sealed class HotSource : IBlockSource
{
    /// <summary>A plain read of what is in use would mix old and new.</summary>
    private const string Cold = "Or unmount it, or start the rescue media and take the disk cold";

    private readonly IBlockSource _disk;
    private readonly List<(Extent Range, IBlockSource Content)> _parts = [];
    private readonly ISnapshot? _snapshot;
    private readonly IWriterSession? _writers;

    private HotSource(IBlockSource disk, ISnapshot? snapshot, IWriterSession? writers, HotRecord record) =>
        (_disk, _snapshot, _writers, Record) = (disk, snapshot, writers, record);

    public string Name => _disk.Name;
    public long Length => _disk.Length;
    public DiskGeometry Geometry => _disk.Geometry;

    /// <summary>For receipt and image; offline where nothing was in use.</summary>
    public HotRecord Record { get; }

    /// <summary>What makes the snapshot worth less than it could be, a sentence each.</summary>
    public IReadOnlyList<string> Warnings => _writers?.Report.Warnings ?? [];

    /// <param name="partitions">That are going to be imaged, by number; empty: all. Applications on others are left alone.</param>
    /// <exception cref="SafetyException">A partition is in use that cannot be frozen.</exception>
    /// <exception cref="SnapshotException">The snapshot could not be taken.</exception>
    public static HotSource Open(string path, ISnapshotProvider provider, IWriters? writers, IReadOnlyList<int> partitions)
    {
        var live = LiveDisk.Read(path);
        var frozen = new List<LivePartition>();
        // What is swapped out is of no use to a system that starts: swap is neither frozen nor read but for its header.
        foreach (var partition in live.Partitions.Where(partition => !partition.IsSwap))
        {
            if (Freezability.WhyNot(partition, provider) is not { } why) frozen.Add(partition);
            else if (partition.IsInUse) throw Freezability.CannotBeFrozen(partition, why, Cold);
        }
        var imaged = frozen.Where(partition => partitions.Count == 0 || partitions.Contains(partition.Number)).ToList();
        // A disk without partitions is held like an idle partition.
        var disk = BlockDevices.OpenSource(path, exclusive: live.Partitions is [{ Number: 0, IsInUse: false }] && frozen.Count == 0);
        IWriterSession? session = null;
        ISnapshot? snapshot = null;
        HotSource? source = null;
        try
        {
            if (imaged.Count > 0) session = writers?.Prepare([.. imaged.Select(partition => partition.Volume!)]);
            if (frozen.Count > 0) snapshot = provider.Take([.. frozen.Select(partition => partition.Volume!)], session ?? (IInstantParty)NoParty.Instance);
            session?.Check();
            source = new HotSource(disk, snapshot, session, snapshot is null ? HotRecords.Offline : HotRecords.Of(provider.Name, snapshot, imaged, session));
            source.Add(live, frozen);
            return source;
        }
        catch
        {
            if (source is not null)
            {
                source.Dispose();
                throw;
            }
            snapshot?.Dispose();
            session?.Dispose();
            disk.Dispose();
            throw;
        }
    }

    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var (range, content) = At(offset);
            var take = (int)Math.Min(buffer.Length, range.End - offset);
            if (content is null) _disk.Read(offset, buffer[..take]);
            else ReadPart(range, content, offset, buffer[..take]);
            offset += take;
            buffer = buffer[take..];
        }
    }

    /// <summary>Devices cannot tell.</summary>
    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);

    /// <exception cref="SnapshotException">The snapshot is lost.</exception>
    public void Check() => _snapshot?.Check();

    /// <summary>Tells the writers that the image is finished, or failed; the first call counts.</summary>
    /// <returns>A sentence for each that had trouble with it.</returns>
    public IReadOnlyList<string> Complete(bool isSuccess) => _writers?.Complete(_snapshot?.Id, isSuccess) ?? [];

    /// <summary>Ends the snapshot; nothing can be read any more. Null, or a sentence that says what is left of it.</summary>
    public string? Release()
    {
        foreach (var (_, content) in _parts) content.Dispose();
        _disk.Dispose();
        return _snapshot?.Release();
    }

    public void Dispose()
    {
        Release();
        _writers?.Dispose();
    }

    private void Add(LiveDisk live, List<LivePartition> frozen)
    {
        var layout = PartitionTableReader.Read(_disk);
        foreach (var partition in live.Partitions)
        {
            var found = partition.Number == 0 ? new Extent(0, Length) : layout.Partitions.FirstOrDefault(known => known.Number == partition.Number)?.Extent;
            if (found is null && !partition.IsInUse) continue; // the kernel's node for an extended partition
            var range = found ?? throw new SafetyException($"the table on {Name} does not have the {partition.Name} that the running system uses", "have the kernel read the table again: partprobe");
            var device = frozen.IndexOf(partition) is >= 0 and var index ? _snapshot!.Volumes[index].Device : partition.Device;
            if (device == Name && !partition.IsSwap) continue;
            var content = partition.IsSwap ? new SwapHeader(new BlockSourceSlice(_disk, range, partition.Name)) : BlockDevices.OpenSource(device);
            _parts.Add((range, content));
            if (content.Length != range.Length)
                throw new SafetyException($"{partition.Name} has {content.Length} bytes in the running system and {range.Length} in the table on the disk", "have the kernel read the table again: partprobe");
        }
        _parts.Sort((one, other) => one.Range.Offset.CompareTo(other.Range.Offset));
    }

    private void ReadPart(Extent range, IBlockSource content, long offset, Span<byte> buffer)
    {
        try
        {
            content.Read(offset - range.Offset, buffer);
        }
        catch (BlockReadException e)
        {
            // A snapshot that is lost gives errors for everything: none of them is a bad sector.
            Check();
            throw new BlockReadException(e.Message, e.Extent.Shift(range.Offset), e.Remedy, e) { Errno = e.Errno };
        }
    }

    /// <summary>The part that holds a position, or what lies between two.</summary>
    private (Extent Range, IBlockSource? Content) At(long offset)
    {
        var start = 0L;
        foreach (var (range, content) in _parts)
        {
            if (range.Contains(offset)) return (range, content);
            if (range.Offset > offset) return (Extent.FromTo(start, range.Offset), null);
            start = range.End;
        }
        return (Extent.FromTo(start, Length), null);
    }
}
