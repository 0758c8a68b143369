using System.Text.Json;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>A block device and what rests on it.</summary>
/// <param name="Type">As lsblk(8) says: disk, part, lvm, crypt, raid1, …</param>
/// <param name="MountedAt">"[SWAP]" for swap.</param>
internal sealed record Layer(string Path, string Type, long Length, string? MountedAt, IReadOnlyList<Layer> Above)
{
    /// <summary>All that rests on it, directly or not.</summary>
    public IEnumerable<Layer> AllAbove => Above.SelectMany(layer => layer.AllAbove.Prepend(layer)).DistinctBy(layer => layer.Path);
}

/// <summary>What a device holds, as blkid(8) names it.</summary>
/// <param name="MemberUuid">Of one member of an array.</param>
internal sealed record Content(string Type, string? Uuid, string? MemberUuid, string? Label);

/// <summary>
/// All block devices at one moment, how they rest on each other (lsblk(8)) and what they hold (blkid(8): without udev, lsblk does not
/// know). Nothing is opened for writing. Overlays are looked through.
/// </summary>
internal sealed class Layers
{
    private readonly Dictionary<string, Layer> _byPath = [];
    private readonly Dictionary<string, Content> _contents;

    private Layers(IReadOnlyList<Layer> disks, Func<IEnumerable<Layer>, Dictionary<string, Content>> look)
    {
        foreach (var layer in disks.SelectMany(disk => disk.AllAbove.Prepend(disk))) _byPath.TryAdd(layer.Path, layer);
        _contents = look(All.Where(layer => layer is { Length: > 0, Type: not "rom" }));
    }

    public IEnumerable<Layer> All => _byPath.Values;

    /// <exception cref="DeviceException">The tools are missing, or a disk does not answer.</exception>
    public static Layers Read(IToolRunner tools)
    {
        // Without NAME it would print no tree.
        var output = tools.Must("looking at the block devices", new ToolCall("lsblk", "--json", "--bytes", "-o", "NAME,PATH,TYPE,SIZE,MOUNTPOINT"));
        try
        {
            using var document = JsonDocument.Parse(output);
            return new Layers([.. document.RootElement.GetProperty("blockdevices").EnumerateArray().SelectMany(Parse)], layers => Look(tools, layers));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DeviceException($"what lsblk says of the block devices cannot be read: {e.Message}", inner: e);
        }
    }

    public Layer? At(string path) => _byPath.GetValueOrDefault(path);

    public Content? On(string path) => _contents.GetValueOrDefault(path);

    /// <summary>Devices that hold this, by name.</summary>
    public IEnumerable<Layer> Holding(string type) =>
        All.Where(layer => On(layer.Path)?.Type == type).OrderBy(layer => layer.Path.Length).ThenBy(layer => layer.Path, StringComparer.Ordinal);

    /// <summary>Several where an overlay stands for what rests on it.</summary>
    private static IEnumerable<Layer> Parse(JsonElement device)
    {
        IReadOnlyList<Layer> above = device.TryGetProperty("children", out var children) ? [.. children.EnumerateArray().SelectMany(Parse)] : [];
        var path = device.GetProperty("path").GetString()!;
        return Overlay.IsOne(path)
            ? above
            : [new Layer(path, device.GetProperty("type").GetString() ?? "", device.GetProperty("size").GetInt64(), device.GetProperty("mountpoint").GetString(), above)];
    }

    private static Dictionary<string, Content> Look(IToolRunner tools, IEnumerable<Layer> layers)
    {
        var paths = layers.Select(layer => layer.Path).ToList();
        // Its exit code is 2 where it knows none of them. No cache: what it remembers may be long gone.
        return paths.Count == 0 ? [] : Contents(tools.Run(new ToolCall("blkid", ["-c", "/dev/null", "-o", "export", .. paths])).Output);
    }

    /// <summary>Blocks of KEY=value lines, an empty line between them; characters that a shell would mind have a backslash before them.</summary>
    private static Dictionary<string, Content> Contents(string output)
    {
        var contents = new Dictionary<string, Content>();
        foreach (var block in output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var values = block.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).GroupBy(pair => pair[0])
                .ToDictionary(same => same.Key, same => Unescape(same.First()[1]));
            if (values.TryGetValue("DEVNAME", out var path) && values.TryGetValue("TYPE", out var type))
                contents[path] = new Content(type, values.GetValueOrDefault("UUID"), values.GetValueOrDefault("UUID_SUB"), values.GetValueOrDefault("LABEL"));
        }
        return contents;
    }

    private static string Unescape(string text)
    {
        var result = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length) i++;
            result.Append(text[i]);
        }
        return result.ToString();
    }
}
