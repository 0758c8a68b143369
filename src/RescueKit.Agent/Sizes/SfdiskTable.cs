using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>An entry of a partition table as sfdisk(8) lists it, extended partitions among them. Bytes.</summary>
internal sealed record SfdiskEntry(string Node, int Number, Extent Extent, string Type)
{
    /// <summary>Of an MBR; with blocks counted by cylinders, by LBA, and Linux's own.</summary>
    public bool IsExtended => Type is "5" or "f" or "85";
}

/// <summary>The partition table of a disk or disk file, changed by sfdisk(8), which keeps ids, names, types and attributes.</summary>
internal sealed class SfdiskTable
{
    public const string Program = "sfdisk", Package = "fdisk";

    /// <summary>In front of a logical partition, for its boot record; bytes.</summary>
    private const long MostRoom = 1 << 20;

    private readonly IToolRunner _tools;
    private readonly string _disk;
    private readonly int _sector;

    /// <exception cref="DeviceException">It cannot be read.</exception>
    public SfdiskTable(IToolRunner tools, string disk)
    {
        (_tools, _disk) = (tools, disk);
        var said = tools.Must($"reading the partition table of {disk}", new ToolCall(Program, "--json", disk));
        try
        {
            using var json = JsonDocument.Parse(said);
            var table = json.RootElement.GetProperty("partitiontable");
            _sector = table.GetProperty("sectorsize").GetInt32();
            Entries = table.TryGetProperty("partitions", out var partitions) ? [.. partitions.EnumerateArray().Select(Parse)] : [];
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DeviceException($"what sfdisk says of the partition table of {disk} is not understood: {e.Message}", "look at it with a partition editor", e);
        }
    }

    public IReadOnlyList<SfdiskEntry> Entries { get; }

    /// <summary>Makes an entry longer. Where it is a logical partition, the extended one around it comes first: so the table is valid at every moment.</summary>
    /// <exception cref="DeviceException">The table is not as it was written, or cannot be changed.</exception>
    /// <exception cref="SafetyException">Another entry lies there: sfdisk itself lets entries of an MBR overlap.</exception>
    public void Lengthen(int number, Extent from, long newEnd)
    {
        if (Entries.FirstOrDefault(e => e.Number == number) is not { } entry || entry.Extent != from)
            throw new DeviceException($"the partition table of {_disk} is not what was written to it");
        var extended = number > 4 ? Entries.FirstOrDefault(e => e.IsExtended && e.Extent.Contains(from)) : null;
        var onto = Extent.FromTo(from.End, newEnd);
        if (Entries.FirstOrDefault(e => e != entry && e != extended && e.Extent.Overlaps(onto)) is { } behind)
            throw new SafetyException($"partition {number} of {_disk} cannot be made longer: partition {behind.Number} lies behind it", "grow it with a partition editor, when that one has been moved or taken away");
        if (extended is not null && extended.Extent.End < newEnd)
            Set(extended.Number, Extent.FromTo(extended.Extent.Offset, newEnd));
        Set(number, Extent.FromTo(from.Offset, newEnd));
    }

    /// <summary>As <see cref="RescueKit.Engine.Sizes.ITableMover"/> says.</summary>
    public static void Move(IToolRunner tools, string from, string onto, IReadOnlyDictionary<int, Extent> places)
    {
        var script = new SfdiskTable(tools, from).Script(places);
        tools.Must("making the partition table of the target", new ToolCall(Program, "--quiet", "--wipe", "never", "--wipe-partitions", "never", onto) { Input = Encoding.UTF8.GetBytes(script) });
    }

    /// <summary>What makes the same table with partitions elsewhere: sfdisk's own dump with other numbers in it.</summary>
    /// <param name="places">Every partition by its number, extended ones excepted.</param>
    public string Script(IReadOnlyDictionary<int, Extent> places)
    {
        var dump = _tools.Must($"reading the partition table of {_disk}", new ToolCall(Program, "--dump", _disk));
        // The other disk has an end of its own.
        var lines = dump.Split('\n').Where(line => !line.StartsWith("last-lba:", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => Entries.FirstOrDefault(e => line.StartsWith($"{e.Node} ", StringComparison.Ordinal)) is { } entry
            ? Moved(line, entry.IsExtended ? Around(entry, places) : places[entry.Number])
            : line));
    }

    private string Moved(string line, Extent place)
    {
        var (start, size) = (Number(place.Offset), Number(place.Length));
        return new Regex(@"size=\s*\d+").Replace(new Regex(@"start=\s*\d+").Replace(line, $"start={start}", 1), $"size={size}", 1);
    }

    /// <summary>An extended partition begins before its first logical one as far as it did, and ends with the last.</summary>
    private Extent Around(SfdiskEntry extended, IReadOnlyDictionary<int, Extent> places)
    {
        var logical = Entries.Where(e => e.Number > 4 && extended.Extent.Contains(e.Extent)).ToList();
        if (logical.Count == 0) throw new DeviceException($"the extended partition {extended.Number} is empty", "take it away with a partition editor, and make the image again");
        var first = logical.MinBy(e => e.Extent.Offset)!;
        var room = Math.Min(first.Extent.Offset - extended.Extent.Offset, MostRoom);
        var start = places[first.Number].Offset == first.Extent.Offset ? extended.Extent.Offset : places[first.Number].Offset - room;
        return Extent.FromTo(start, logical.Max(e => places[e.Number].End));
    }

    private string Number(long bytes) => (bytes / _sector).ToString(CultureInfo.InvariantCulture);

    /// <summary>sfdisk writes the backup GPT before the primary one, and tells the kernel.</summary>
    private void Set(int number, Extent extent)
    {
        var line = $"start={Number(extent.Offset)}, size={Number(extent.Length)}\n";
        _tools.Must($"changing partition {number} of {_disk}",
            new ToolCall("setsid", "--wait", Program, "--lock=yes", "--wipe", "never", "--wipe-partitions", "never", "--partno", number.ToString(CultureInfo.InvariantCulture), _disk)
            {
                Input = Encoding.ASCII.GetBytes(line),
            });
    }

    private SfdiskEntry Parse(JsonElement entry)
    {
        var node = entry.GetProperty("node").GetString()!;
        // What comes before the number depends on the disk's name: nothing, p after a digit, -part where udev made the name.
        var number = node.AsSpan(node.AsSpan().LastIndexOfAnyExceptInRange('0', '9') + 1);
        return new SfdiskEntry(
            node, int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture),
            new Extent(entry.GetProperty("start").GetInt64() * _sector, entry.GetProperty("size").GetInt64() * _sector),
            entry.GetProperty("type").GetString()!);
    }
}
