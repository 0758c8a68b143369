using RescueKit.Agent.Containers;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>
/// The LVM volume groups of a copied disk, which get another name and other ids, and are active as long as this is. Of other disks lvm sees nothing meanwhile: the
/// original's groups, which have the same names and ids at first, are left alone. Needs root. Sources: vgimportclone(8), lvm.conf(5).
/// </summary>
internal sealed class VolumeGroups : IDisposable
{
    /// <summary>Of which an id is known, by blkid's names.</summary>
    private static readonly Dictionary<string, string> s_types = new()
    {
        ["ext2"] = "ext2",
        ["ext3"] = "ext3",
        ["ext4"] = "ext4",
        ["xfs"] = "XFS",
        ["btrfs"] = "btrfs",
        ["ntfs"] = "NTFS",
        ["vfat"] = "FAT32",
        ["exfat"] = "exFAT",
        ["swap"] = "swap",
    };

    private readonly IToolRunner _tools;
    private readonly IReadOnlyList<string> _disks;
    private readonly ICollection<string> _inUse;
    private readonly List<string> _active = [];
    private readonly List<LogicalVolume> _volumes = [];

    /// <param name="disks">The nodes of the physical volumes, all of each group; none: there is nothing to do.</param>
    /// <param name="words">Takes what they are called, and their ids.</param>
    /// <param name="complaints">Takes what could not be done, a sentence each.</param>
    /// <param name="inUse">Takes a sentence where a group stays active.</param>
    /// <exception cref="DeviceException">A group cannot be renamed.</exception>
    public VolumeGroups(IToolRunner tools, IReadOnlyList<string> disks, IdWords words, ICollection<string> complaints, ICollection<string> inUse)
    {
        (_tools, _disks, _inUse) = (tools, disks, inUse);
        if (disks.Count == 0) return;
        try
        {
            foreach (var group in Members().GroupBy(member => member["vg_name"]).ToList()) Rename(group.Key, [.. group], words, complaints);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Those with a file system that is known here; without snapshots, which are their origins at another time.</summary>
    public IReadOnlyList<LogicalVolume> Volumes => _volumes;

    /// <summary>What udev would call them below /dev, and their nodes.</summary>
    public IEnumerable<(string Name, string Node)> Links(IdWords words) => _volumes.SelectMany(volume =>
        volume.Links.Concat(volume.Uuid is { } uuid ? [$"disk/by-uuid/{words.In(uuid)}"] : Array.Empty<string>()).Select(name => (name, volume.Node)));

    /// <summary>lvm sees these devices alone, and keeps no record of what it does to them.</summary>
    private string Config =>
        $"devices {{ use_devicesfile=0 hints=\"none\" obtain_device_list_from_udev=0 filter=[{string.Concat(_disks.Select(disk => $"\"a|^{disk}$|\", "))}\"r|.*|\"] "
        + $"global_filter=[\"a|.*|\"] }} backup {{ backup=0 archive=0 }} activation {{ monitoring=0 }} global {{ use_lvmpolld=0 }}";

    public void Dispose()
    {
        foreach (var group in _active)
        {
            try
            {
                _tools.LetGo($"closing volume group {group}", new ToolCall("lvm", "vgchange", "--activate", "n", "--config", Config, group));
            }
            catch (DeviceException e)
            {
                _inUse.Add($"The volume group {group} is still active: {e.Message.TrimEnd('.')}.");
            }
        }
    }

    /// <summary>Another name of the same length, so that a file that has it changes in place.</summary>
    /// <param name="taken">Names that there are.</param>
    /// <exception cref="DeviceException">There is none.</exception>
    internal static string Another(string name, IReadOnlySet<string> taken)
    {
        for (var at = name.Length - 1; at >= 0; at--)
        {
            if (name[at] == '-') continue;
            foreach (var letter in "123456789abcdefghijklmnopqrstuvwxyz0")
            {
                var other = $"{name[..at]}{letter}{name[(at + 1)..]}";
                if (!taken.Contains(other) && !Path.Exists($"/dev/{other}")) return other;
            }
        }
        throw new DeviceException($"there is no other name like {name} that no volume group has", "rename groups that are not needed any more: vgrename");
    }

    private void Rename(string group, IReadOnlyList<Dictionary<string, string>> members, IdWords words, ICollection<string> complaints)
    {
        // Also of groups that only other devices show; what lvm says of two that are the same one is no matter here.
        var taken = LvmReport.Read(_tools, "vgs", "vg", "vg_name", LvmFinder.AllDevices).Concat(Members()).Select(row => row["vg_name"]).Append(group).ToHashSet();
        var name = Another(group, taken);
        Deactivate(group, members);
        // Not cut off, as no tool is that changes ids: a pool that is checked as it is activated takes its time.
        _tools.Must($"renaming volume group {group}", new ToolCall("lvm", ["vgimportclone", "--config", Config, "--basevgname", name, .. members.Select(member => member["pv_name"])]) { Limit = Timeout.InfiniteTimeSpan });
        var now = Members().Where(member => member["vg_name"] == name).ToDictionary(member => member["pv_name"]);
        if (members.Any(member => !now.ContainsKey(member["pv_name"]))) throw new DeviceException($"volume group {group} was to be called {name}, and is not");
        words.AddGroup(group, name);
        Add("vg_uuid", members[0], now.Values.First());
        foreach (var member in members) Add("pv_uuid", member, now[member["pv_name"]]);
        _active.Add(name);
        var activation = _tools.Run(new ToolCall("lvm", "vgchange", "--activate", "y", "--config", Config, name) { Limit = Timeout.InfiniteTimeSpan });
        foreach (var row in LvmReport.Read(_tools, "lvs", "lv", "lv_name,lv_layout,origin", Config, name))
        {
            if (row["lv_layout"].Contains("pool", StringComparison.Ordinal)) continue;
            if (Look(group, name, row, activation, complaints) is { } volume) _volumes.Add(volume);
        }

        void Add(string field, Dictionary<string, string> old, Dictionary<string, string> changed)
        {
            words.Add(old[field], changed[field]);
            // Without hyphens in lists of devices (lvmdevices(8)).
            words.Add(old[field].Replace("-", "", StringComparison.Ordinal), changed[field].Replace("-", "", StringComparison.Ordinal));
        }
    }

    /// <summary>
    /// Who made it known may have activated it, where the original is not there. Only where the copy's own devices are held: the original's volumes have the same names.
    /// </summary>
    private void Deactivate(string group, IEnumerable<Dictionary<string, string>> members)
    {
        if (!members.Any(member => Directory.Exists(Holders(member["pv_name"])) && Directory.EnumerateFileSystemEntries(Holders(member["pv_name"])).Any())) return;
        _tools.LetGo($"closing volume group {group}", new ToolCall("lvm", "vgchange", "--activate", "n", "--config", Config, group));

        static string Holders(string node) => $"/sys/class/block/{Path.GetFileName(node)}/holders";
    }

    /// <returns>Null where there is nothing to be done, or what there is cannot be; the latter is a complaint.</returns>
    private LogicalVolume? Look(string was, string group, Dictionary<string, string> row, ToolOutcome activation, ICollection<string> complaints)
    {
        var name = row["lv_name"];
        if (row["origin"].Length > 0) return Keeps("it is a snapshot");
        if (Node(group, name) is not { } node) return Keeps($"it cannot be activated: {activation.Complaint.TrimEnd('.')}");
        if (Probe(node, "TYPE") is not { Length: > 0 } type) return null;
        if (!s_types.TryGetValue(type, out var fileSystem)) return Keeps($"there is no tool that changes it in {type}");
        return new LogicalVolume(was, group, name, node, fileSystem, Probe(node, "UUID") is { Length: > 0 } uuid ? uuid : null);

        LogicalVolume? Keeps(string why)
        {
            complaints.Add($"Logical volume {was}/{name} (on the copy {group}/{name}) keeps the id of what it holds: {why}.");
            return null;
        }
    }

    /// <summary>Null where it is not active.</summary>
    private string? Node(string group, string volume) =>
        _tools.Run(new ToolCall("dmsetup", "info", "--columns", "--noheadings", "--options", "minor", LvmFinder.MappingOf(group, volume))) is { ExitCode: 0 } info ? $"/dev/dm-{info.Output.Trim()}" : null;

    /// <summary>Empty where there is nothing of the kind.</summary>
    private string Probe(string node, string tag) => _tools.Run(new ToolCall("blkid", "--probe", "--match-tag", tag, "--output", "value", node)).Output.Trim();

    private List<Dictionary<string, string>> Members() =>
        [.. LvmReport.Read(_tools, "pvs", "pv", "pv_name,pv_uuid,vg_name,vg_uuid", Config).Where(member => member["vg_name"].Length > 0)];
}
