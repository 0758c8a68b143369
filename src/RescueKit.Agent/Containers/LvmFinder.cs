using System.Globalization;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>LVM volume groups, by what lvm(8) reads in their metadata; it takes no locks and repairs nothing meanwhile.</summary>
internal static class LvmFinder
{
    public const string MemberType = "LVM2_member";

    /// <summary>A list of devices that the running system keeps for itself hides all others.</summary>
    public const string AllDevices = "devices { use_devicesfile=0 }";

    /// <summary>Kinds of volumes that write nothing of their own when they are only read. Those with a RAID, a mirror or a cache do, as soon as they are there.</summary>
    private static readonly string[] s_readable = ["linear", "striped"];
    private const string Thin = "thin,sparse";

    public static IEnumerable<FoundContainer> Find(Layers layers, IToolRunner tools)
    {
        var members = layers.Holding(MemberType).ToList();
        if (members.Count == 0) return [];
        try
        {
            var physical = LvmReport.Read(tools, "pvs", "pv", "pv_uuid,vg_uuid,vg_name,vg_missing_pv_count", AllDevices);
            var logical = LvmReport.Read(tools, "lvs", "lv", "vg_uuid,lv_name,lv_attr,lv_layout,lv_size,origin,pool_lv,data_lv,metadata_lv", AllDevices, "-a");
            var groups = physical.Where(row => row["vg_name"].Length > 0).GroupBy(row => row["vg_uuid"]).ToList();
            return [.. groups.Select(group => Look(layers, members, group.Key, [.. group], [.. logical.Where(row => row["vg_uuid"] == group.Key)],
                groups.Count(other => other.First()["vg_name"] == group.First()["vg_name"]) == 1))];
        }
        catch (DeviceException e)
        {
            return [Unreadable(layers, members, e.Message)];
        }
    }

    public static string NodeOf(string group, string volume) => $"/dev/mapper/{MappingOf(group, volume)}";

    /// <summary>As device mapper names a volume: the hyphens of its parts are doubled. Source: lvm2, dm_build_dm_name().</summary>
    public static string MappingOf(string group, string volume) => $"{Doubled(group)}-{Doubled(volume)}";

    public static string Doubled(string part) => part.Replace("-", "--", StringComparison.Ordinal);

    private static FoundContainer Look(
        Layers layers, List<Layer> members, string id, IReadOnlyList<Dictionary<string, string>> physical, IReadOnlyList<Dictionary<string, string>> logical, bool isOnlyOne)
    {
        var name = physical[0]["vg_name"];
        var ids = physical.Select(row => row["pv_uuid"]).ToHashSet();
        var own = members.Where(member => layers.On(member.Path)?.Uuid is { } uuid && ids.Contains(uuid)).ToList();
        // Its inner parts have their names in brackets.
        var volumes = logical.Where(row => row["lv_name"] is { Length: > 0 } volume && volume[0] != '[' && !row["lv_layout"].Contains("pool", StringComparison.Ordinal))
            .Select(row => Volume(layers, name, row, logical)).ToList();
        var refusal = Refusal(layers, own, logical, isOnlyOne);
        return new FoundContainer(new Container
        {
            Id = id,
            Kind = ContainerKind.Lvm,
            Name = name,
            Members = [.. own.Select(member => member.Path)],
            IsOpen = own.Any(member => member.AllAbove.Any(above => above.Type == "lvm")),
            CanOpen = refusal is null,
            Problem = refusal ?? Missing(physical[0]["vg_missing_pv_count"]),
            Volumes = volumes,
        }, [.. volumes.Select(volume => volume.Node).OfType<string>().Select(layers.At).OfType<Layer>()])
        {
            Thin = [.. logical.Where(row => row["lv_layout"] == Thin).Select(row => row["lv_name"])],
        };
    }

    private static ContainerVolume Volume(Layers layers, string group, Dictionary<string, string> row, IReadOnlyList<Dictionary<string, string>> all)
    {
        var name = row["lv_name"];
        if (layers.At(NodeOf(group, name)) is { } layer) return FoundContainer.Volume(layers, layer, name);
        // Of a snapshot lvm tells how large the store of its old blocks is; it reads as its origin.
        var sized = row["lv_attr"].StartsWith('s') && all.FirstOrDefault(other => other["lv_name"] == row["origin"]) is { } origin ? origin : row;
        return new ContainerVolume(name, null, null, null, long.Parse(sized["lv_size"], CultureInfo.InvariantCulture), null, Problem(row, all));
    }

    /// <summary>Attributes as lvs(8) numbers them: the first is the kind, the ninth the health.</summary>
    private static string? Problem(Dictionary<string, string> row, IReadOnlyList<Dictionary<string, string>> all)
    {
        var (attributes, layout) = (row["lv_attr"], row["lv_layout"]);
        if (attributes.Length > 8 && attributes[8] == 'p') return "a disk of it is missing";
        if (attributes.Length > 0 && attributes[0] is 'O' or 'S') return "a snapshot is being merged into it, which would go on";
        if (layout == Thin) layout = LayoutOfPool(row["pool_lv"], all);
        if (!s_readable.Contains(layout)) return $"its driver ({layout}) writes to the disks even where it is only read";
        // A snapshot comes with its origin.
        return row["origin"].Length > 0 && all.FirstOrDefault(other => other["lv_name"] == row["origin"]) is { } origin ? Problem(origin, all) : null;
    }

    /// <summary>Of the part of a thin pool that is least to be trusted.</summary>
    private static string LayoutOfPool(string pool, IReadOnlyList<Dictionary<string, string>> all)
    {
        var row = all.FirstOrDefault(other => other["lv_name"] == pool);
        var layouts = all.Where(other => other["lv_name"] == row?["data_lv"] || other["lv_name"] == row?["metadata_lv"]).Select(other => other["lv_layout"]).ToList();
        return layouts.Count < 2 ? Thin : layouts.Find(layout => !s_readable.Contains(layout)) ?? layouts[0];
    }

    private static string? Refusal(Layers layers, List<Layer> members, IReadOnlyList<Dictionary<string, string>> logical, bool isOnlyOne)
    {
        if (members.GroupBy(member => layers.On(member.Path)!.Uuid).Any(same => same.Count() > 1))
            return "two of these devices are the same member of it, as after a clone: unplug the one that is not wanted";
        if (!isOnlyOne) return "another volume group has the same name: unplug the disk of the one that is not wanted";
        return logical.Any(row => row["lv_attr"].StartsWith('p')) ? "its data was being moved (pvmove), which would go on: only lvm in the shell can help" : null;
    }

    private static string? Missing(string count) => count is "0" or "" ? null : $"{count} of its members {(count == "1" ? "is" : "are")} missing";

    private static FoundContainer Unreadable(Layers layers, List<Layer> members, string problem) => new(new Container
    {
        Id = layers.On(members[0].Path)?.Uuid ?? members[0].Path,
        Kind = ContainerKind.Lvm,
        Name = "(unreadable)",
        Members = [.. members.Select(member => member.Path)],
        CanOpen = false,
        Problem = problem,
        Volumes = [],
    }, []);
}
