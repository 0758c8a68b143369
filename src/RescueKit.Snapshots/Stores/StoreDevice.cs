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
    private const string Devices = "/sys/class/block";
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
        if (WhyNotOn(folder, Devices, frozen, File.ReadAllLines("/proc/self/mountinfo")) is { } why)
            throw new SafetyException($"the copy-on-write store {path} {why}", "name a device on another disk, a folder there, or 'memory'");
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

    /// <summary>Null where nothing that a device rests on is frozen; else the end of the sentence "the store …".</summary>
    /// <param name="folder">Its folder in /sys.</param>
    /// <param name="devices">Where the kernel shows all of them.</param>
    /// <param name="mounts">Lines of /proc/self/mountinfo.</param>
    internal static string? WhyNotOn(string folder, string devices, IReadOnlyList<LiveVolume> frozen, IReadOnlyList<string> mounts)
    {
        var (numbers, files) = (new List<string>(), new List<string>());
        Descend(folder, devices, [], numbers, files);
        if (frozen.FirstOrDefault(volume => numbers.Contains(volume.Number)) is { } below) return $"lies on {below.Name}, which is frozen itself";
        return files.Select(file => StoreChoice.WhyNotIn(file, frozen, mounts) is { } why ? $"lies in the file {file}: {why}" : null).FirstOrDefault(why => why is not null);
    }

    /// <summary>Numbers of a device and of all that it rests on, and the files behind loop devices among them.</summary>
    private static void Descend(string folder, string devices, HashSet<string> seen, List<string> numbers, List<string> files)
    {
        if (!seen.Add(folder)) return;
        numbers.Add(Line(folder, "dev"));
        // What it is made of, the kernel tells of the whole device only.
        if (File.Exists($"{folder}/partition")) Descend(Path.GetDirectoryName(folder)!, devices, seen, numbers, files);
        if (Directory.Exists($"{folder}/slaves"))
        {
            foreach (var slave in Directory.EnumerateFileSystemEntries($"{folder}/slaves")) Descend(RealPath.Of(slave) ?? slave, devices, seen, numbers, files);
        }
        if (!File.Exists($"{folder}/loop/backing_file")) return;
        const string removed = " (deleted)";
        var file = Line(folder, "loop/backing_file");
        if (file.EndsWith(removed, StringComparison.Ordinal)) file = file[..^removed.Length];
        if (file.StartsWith("/dev/", StringComparison.Ordinal) && RealPath.Of($"{devices}/{Path.GetFileName(file)}") is { } device) Descend(device, devices, seen, numbers, files);
        else files.Add(file);
    }

    private static string FolderOf(string path)
    {
        var name = Path.GetFileName(RealPath.Of(path) ?? path);
        return RealPath.Of($"{Devices}/{name}") ?? throw new UsageException($"{path} is neither a folder nor a block device", "name a folder on a disk that is not imaged, a blank device, or 'memory'");
    }

    private static string Line(string folder, string file) => File.ReadAllText($"{folder}/{file}").Trim();
}
