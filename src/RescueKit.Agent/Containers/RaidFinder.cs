using System.Globalization;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>md arrays, by what mdadm(8) reads in their members' superblocks.</summary>
internal static class RaidFinder
{
    public const string MemberType = "linux_raid_member";

    public static IEnumerable<FoundContainer> Find(Layers layers, IToolRunner tools) => layers.Holding(MemberType)
        .GroupBy(member => layers.On(member.Path)!.Uuid ?? member.Path)
        .Select(array => Look(layers, tools, array.Key, [.. array]));

    private static FoundContainer Look(Layers layers, IToolRunner tools, string id, IReadOnlyList<Layer> members)
    {
        var arrays = members.SelectMany(member => member.Above).DistinctBy(above => above.Path).Where(above => above.Path.StartsWith("/dev/md", StringComparison.Ordinal)).ToList();
        // Partitions of an array are volumes of their own.
        var volumes = arrays.SelectMany(array => array.Above.Where(above => above.Type == "part") is var parts && parts.Any() ? parts : [array]).ToList();
        var container = new Container
        {
            Id = id,
            Kind = ContainerKind.Raid,
            Name = layers.On(members[0].Path)!.Label ?? id,
            Members = [.. members.Select(member => member.Path)],
            IsOpen = arrays.Count > 0,
            Volumes = [.. volumes.Select(layer => FoundContainer.Volume(layers, layer, Path.GetFileName(layer.Path)))],
        };
        return new FoundContainer(Judge(container, layers, tools), arrays);
    }

    private static Container Judge(Container container, Layers layers, IToolRunner tools)
    {
        try
        {
            var superblocks = container.Members.Select(member => Examine(tools, member)).ToList();
            var level = superblocks[0].GetValueOrDefault("Raid Level");
            var named = layers.On(container.Members[0])?.Label is null && level is not null ? container with { Name = level } : container;
            return Refusal(superblocks) is { } refusal ? named with { CanOpen = false, Problem = refusal } : named with { Problem = Missing(superblocks) };
        }
        catch (DeviceException e)
        {
            return container with { CanOpen = false, Problem = e.Message };
        }
    }

    /// <summary>"Key : value" lines, as mdadm prints them for people; it has no other form that tells of a reshape or a journal.</summary>
    private static Dictionary<string, string> Examine(IToolRunner tools, string member) =>
        tools.Must($"reading the RAID superblock of {member}", new ToolCall("mdadm", "--examine", member)).Split('\n')
            .Select(line => line.Split(" : ", 2)).Where(pair => pair.Length == 2).GroupBy(pair => pair[0].Trim())
            .ToDictionary(same => same.Key, same => same.First()[1].Trim());

    private static string? Refusal(List<Dictionary<string, string>> superblocks)
    {
        var ids = superblocks.Select(superblock => superblock.GetValueOrDefault("Device UUID")).OfType<string>().ToList();
        if (ids.Distinct().Count() < ids.Count) return "two of these devices are the same member of it, as after a clone: unplug the one that is not wanted";
        if (superblocks.Any(superblock => superblock.ContainsKey("Reshape pos'n"))) return "it was being reshaped, and would go on with that: only mdadm in the shell can help";
        return superblocks.Any(superblock => superblock.GetValueOrDefault("Device Role") == "Journal")
            ? "it has a write journal, which would be replayed: only mdadm in the shell can help"
            : null;
    }

    private static string? Missing(List<Dictionary<string, string>> superblocks)
    {
        if (!int.TryParse(superblocks[0].GetValueOrDefault("Raid Devices"), CultureInfo.InvariantCulture, out var wanted)) return null;
        // Superblocks of version 0.90 do not tell their role in a line.
        var there = superblocks.Count(superblock => superblock.GetValueOrDefault("Device Role")?.StartsWith("Active", StringComparison.Ordinal) ?? true);
        return there < wanted ? $"{wanted - there} of its {wanted} members {(wanted - there == 1 ? "is" : "are")} missing" : null;
    }
}
