using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Stores;

/// <summary>
/// A block device that is given as a store, all of it. Its first and last MiB are never used: they keep a mark in front, and hold nothing that
/// copies of superblocks in between could be mistaken for. What is neither blank there nor carries the mark is somebody's, and refused.
/// </summary>
internal sealed class StoreDevice
{
    public const string Mark = "RESCUEKIT COPY-ON-WRITE STORE\n";
    private const int Sector = 512, Edge = 1 << 20, Cleared = 64 << 10;
    private const long Unit = 1 << 20, LeastPiece = 16 << 20;

    private readonly string _path;
    private readonly string _number;
    private readonly long _length;

    private StoreDevice(string path, string number, long length) => (_path, _number, _length) = (path, number, length);

    /// <exception cref="SafetyException">It is in use, on a volume that is being frozen, or holds something.</exception>
    public static StoreDevice Take(string path, IReadOnlyList<LiveVolume> frozen)
    {
        var folder = FolderOf(path);
        var number = Line(folder, "dev");
        if (Below(folder, []).Append(number).FirstOrDefault(below => frozen.Any(volume => volume.Number == below)) is { } below)
            throw new SafetyException($"the copy-on-write store {path} lies on {frozen.First(volume => volume.Number == below).Name}, which is frozen itself", "name a device on another disk");
        using var device = Kernel.Open(path, Kernel.ReadWrite | Kernel.Exclusive) ?? throw Unusable(path);
        var length = long.Parse(Line(folder, "size"), CultureInfo.InvariantCulture) * Sector;
        if (length < 2 * Edge + LeastPiece) throw new SnapshotException($"{path} is too small for a copy-on-write store: {length} bytes", "name a larger one");
        MarkAsOurs(path, device, length);
        return new StoreDevice(path, number, length);
    }

    /// <summary>
    /// The pieces for volumes of these lengths: each what little it must have, and of the rest its share; none larger than its volume can need. Start and length in bytes.
    /// </summary>
    public static IReadOnlyList<(long Start, long Length)> Split(long device, IReadOnlyList<long> volumes)
    {
        var least = volumes.Select(LeastFor).ToList();
        var (rest, sum) = (Math.Max(0, device - 2 * Edge - least.Sum()), volumes.Sum(length => (decimal)length));
        var pieces = new List<(long, long)>();
        var start = (long)Edge;
        foreach (var (volume, little) in volumes.Zip(least))
        {
            var length = Math.Min(StoreRoom.MostFor(volume), little + (long)(rest * (volume / sum))) / Unit * Unit;
            // Where not even what they must have fits, the last ones get nothing.
            length = Math.Min(length, Math.Max(0, device - Edge - start) / Unit * Unit);
            pieces.Add((start, length));
            start += length;
        }
        return pieces;
    }

    /// <exception cref="SnapshotException">Its share of the device is too small.</exception>
    public DeviceStore Cut(IDeviceMapper mapper, string set, int index, IReadOnlyList<LiveVolume> all)
    {
        var (start, length) = Split(_length, [.. all.Select(volume => volume.Length)])[index];
        if (length < LeastFor(all[index].Length))
            throw new SnapshotException($"{_path} is too small to hold what is overwritten on {all.Count} volumes: {length} bytes would be for {all[index].Name}", "name a larger device");
        var (name, id) = SetNames.StoreOf(set, index);
        var piece = mapper.Create(name, id);
        mapper.Load(name, [new MapTarget(0, length / Sector, "linear", FormattableString.Invariant($"{_number} {start / Sector}"))]);
        mapper.Resume(name, hidden: true);
        using var file = File.OpenHandle(piece.Node, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, new byte[Cleared], 0);
        RandomAccess.FlushToDisk(file);
        return new DeviceStore(piece.Number, _path, length, all[index].Length);
    }

    private static long LeastFor(long volume) => Math.Min(LeastPiece, StoreRoom.MostFor(volume));

    private static void MarkAsOurs(string path, SafeFileHandle device, long length)
    {
        byte[] head = new byte[Edge], tail = new byte[Edge];
        if (RandomAccess.Read(device, head, 0) != Edge || RandomAccess.Read(device, tail, length - Edge) != Edge) throw new SnapshotException($"{path} cannot be read");
        var mark = Encoding.ASCII.GetBytes(Mark);
        var isOurs = head.AsSpan(0, mark.Length).SequenceEqual(mark);
        if (tail.AsSpan().ContainsAnyExcept((byte)0) || head.AsSpan(isOurs ? mark.Length : 0).ContainsAnyExcept((byte)0))
        {
            throw new SafetyException($"{path} is not blank, and as a copy-on-write store it would be overwritten",
                $"name a blank device; where what is on it is wanted no more: blkdiscard --zeroout {path}");
        }
        if (isOurs) return;
        RandomAccess.Write(device, mark, 0);
        RandomAccess.FlushToDisk(device);
    }

    private static RescueKitException Unusable(string path)
    {
        var errno = Kernel.LastError;
        return errno == Kernel.Busy
            ? new SafetyException($"{path} is in use, so it cannot be a copy-on-write store", "name a device that is not mounted and that nothing is made of")
            : new SnapshotException($"{path} cannot be opened: {Kernel.Reason(errno)}");
    }

    /// <summary>Numbers of all that a device rests on.</summary>
    private static IEnumerable<string> Below(string folder, HashSet<string> seen)
    {
        if (!seen.Add(folder) || !Directory.Exists($"{folder}/slaves")) yield break;
        foreach (var slave in Directory.EnumerateFileSystemEntries($"{folder}/slaves"))
        {
            var real = RealPath.Of(slave) ?? slave;
            yield return Line(real, "dev");
            foreach (var number in Below(real, seen)) yield return number;
        }
    }

    private static string FolderOf(string path)
    {
        var name = Path.GetFileName(RealPath.Of(path) ?? path);
        return RealPath.Of($"/sys/class/block/{name}") ?? throw new UsageException($"{path} is neither a folder nor a block device", "name a folder on a disk that is not imaged, a blank device, or 'memory'");
    }

    private static string Line(string folder, string file) => File.ReadAllText($"{folder}/{file}").Trim();
}
