using RescueKit.Agent.Tools;
using RescueKit.Engine.Ids;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>Changes ids by the file systems' own tools, and what names them by the programs of the Linux system that is on the disk. Needs root.</summary>
public sealed class DiskIdRenewer(IToolRunner tools) : IIdRenewer
{
    private const string WithoutIt = "leave --new-ids out, and let no system see both disks";
    private static readonly (string Program, string Package)[] s_programs = [("losetup", "mount"), ("mount", "mount"), ("blkid", "util-linux"), ("partx", "util-linux"), ("unshare", "util-linux"), ("chroot", "coreutils"), ("cp", "coreutils")];

    private static readonly (string Program, string Package)[] s_lvmPrograms = [("lvm", "lvm2"), ("dmsetup", "dmsetup")];

    private static readonly string[] s_prefixes = ["UUID=", "PARTUUID=", "/dev/disk/by-uuid/", "/dev/disk/by-partuuid/"];

    /// <summary>What an EFI system partition, or one of systemd's for booting, has at its top.</summary>
    private static readonly string[] s_bootFolders = ["EFI", "loader"];

    public IReadOnlyList<string> Check(IdDisk disk)
    {
        if (!Environment.IsPrivilegedProcess) throw new SafetyException($"the ids of {disk.Path} cannot be changed: its file systems are mounted for that, which needs root", "run it as root");
        foreach (var volume in disk.Volumes)
        {
            if (WhyNot(volume.FileSystem) is { } why) throw new SafetyException($"partition {volume.Number} holds {volume.FileSystem}: {why}", WithoutIt);
        }
        (string, string)[] lvm = disk.Volumes.Any(IsOfGroup) ? s_lvmPrograms : [];
        foreach (var (program, package) in disk.Volumes.SelectMany(v => ToolOf(v.FileSystem, v.Uuid)?.Programs ?? []).Concat(s_programs).Concat(lvm))
        {
            if (!tools.Has(program)) throw new SafetyException($"the ids of {disk.Path} cannot be changed: the program {program} is not on this system", $"install it: apt install {package}");
        }
        return [.. Warnings(disk)];
    }

    public IdRenewal Renew(IdDisk disk, Action<string> tell, CancellationToken cancel)
    {
        disk = disk with { Path = Path.GetFullPath(disk.Path) }; // tools work in a folder of their own
        var words = new IdWords();
        var (complaints, inUse) = (new List<string>(), new List<string>());
        foreach (var change in disk.Volumes.Select(v => v.PartitionId).Append(disk.DiskId).OfType<IdChange>()) words.Add(change.From, change.Onto);
        using (var nodes = new DiskNodes(tools, disk, inUse))
        using (var groups = new VolumeGroups(tools, [.. disk.Volumes.Where(IsOfGroup).Select(v => nodes.Node(v.Number))], words, complaints, inUse))
        {
            IReadOnlyList<IdPlace> places =
            [
                .. disk.Volumes.Where(v => v.FileSystem is not null && !IsOfGroup(v)).Select(v => new IdPlace($"partition {v.Number}", nodes.Node(v.Number), v.FileSystem!, v.Uuid, [.. Names(v, disk)])),
                .. groups.Volumes.Select(v => new IdPlace($"logical volume {v.Was}/{v.Name}", v.Node, v.FileSystem, v.Uuid, [.. v.OldPaths, .. v.Uuid is { } uuid ? (string[])[uuid] : []])),
            ];
            ChangeAll(places, words, complaints, tell, cancel);
            var copy = new IdCopy(nodes.Disk, places, () => [.. nodes.All, .. groups.Volumes.Select(v => v.Node)], [.. nodes.Links(words), .. groups.Links(words)], words);
            var seen = new HashSet<IdPlace>();
            foreach (var place in places) complaints.AddRange(AdaptSystem(place, copy, seen, inUse, tell, cancel));
            foreach (var place in places.Where(p => p.FileSystem is "FAT12" or "FAT16" or "FAT32" && !seen.Contains(p)))
                complaints.AddRange(AdaptBootVolume(place, words, hasSystem: seen.Count > 0, inUse));
        }
        return new IdRenewal([.. complaints, .. inUse], inUse.Count > 0);
    }

    private void ChangeAll(IReadOnlyList<IdPlace> places, IdWords words, List<string> complaints, Action<string> tell, CancellationToken cancel)
    {
        foreach (var place in places)
        {
            if (ToolOf(place.FileSystem, place.Uuid) is not { } tool) continue;
            cancel.ThrowIfCancellationRequested();
            tell($"changing the id of {place.FileSystem} in {place.Name}");
            var id = tool.Another();
            try
            {
                tool.Change(place.Node, id);
                words.Add(place.Uuid!, id);
            }
            catch (Exception e) when (IdTool.IsTrouble(e))
            {
                complaints.Add($"{place.Title} ({place.FileSystem}) keeps its id: {e.Message.TrimEnd('.')}.");
            }
        }
    }

    /// <summary>Other names of what a copy of it would need.</summary>
    private static string? WhyNot(string? fileSystem) => fileSystem switch
    {
        "LUKS1" or "LUKS2" => "what names ids inside it could not be changed",
        _ => null,
    };

    private static bool IsOfGroup(IdVolume volume) => volume.FileSystem == "LVM2 physical volume";

    private IdTool? ToolOf(string? fileSystem, string? uuid) => fileSystem is not null && uuid is not null ? IdTool.Of(fileSystem, tools) : null;

    private IEnumerable<string> Warnings(IdDisk disk)
    {
        foreach (var volume in disk.Volumes.Where(v => v.Uuid is not null && v.FileSystem is not null && !IsOfGroup(v) && ToolOf(v.FileSystem, v.Uuid) is null))
            yield return $"Partition {volume.Number} ({volume.FileSystem}) keeps its id: there is no tool that changes it.";
        if (disk.Table != PartitionTableKind.None && disk.Volumes.Any(v => v.FileSystem is "NTFS" or "BitLocker"))
            yield return "Windows finds its partitions by ids that change: before it starts from the copy, its start-up repair has to be run once (bcdboot C:\\Windows).";
        if (disk.Volumes.Any(IsOfGroup))
            yield return "LVM's volume groups on the copy get other names, too, of the same length: what names them outside of it has to be seen to.";
        if (disk.Volumes.Any(v => v.FileSystem is "ext2" or "ext3" or "ext4" or "XFS" or "btrfs" || IsOfGroup(v)))
            yield return "A Linux system on the copy is told of its new ids by its own programs (update-initramfs, grub-install and the like), which are run as root.";
    }

    /// <param name="seen">Takes the places whose files are a system's, and have been adapted.</param>
    private IEnumerable<string> AdaptSystem(IdPlace root, IdCopy copy, HashSet<IdPlace> seen, ICollection<string> inUse, Action<string> tell, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var name = $"The system in {root.Name}";
        var complaints = new List<string>();
        try
        {
            using var system = MountedSystem.Find(tools, root.Node, root.FileSystem, inUse);
            if (system is null) return [];
            seen.Add(root);
            var mountable = copy.Places.Where(p => MountedSystem.IsMountable(p.FileSystem)).SelectMany(p => p.Names.Select(id => (Id: id, Place: p)))
                .DistinctBy(pair => pair.Id, StringComparer.OrdinalIgnoreCase).ToDictionary(pair => pair.Id, pair => pair.Place, StringComparer.OrdinalIgnoreCase);
            foreach (var entry in system.Entries.OrderBy(entry => entry.Point, StringComparer.Ordinal))
            {
                if (entry.IsByLabel || entry.IsByPlace) complaints.Add($"{name}: /etc/fstab names {entry.Device}, which may be found on either disk");
                if (!entry.IsMounted || entry.Point == "/" || !mountable.TryGetValue(Id(entry.Device) ?? entry.Device, out var place)) continue;
                try
                {
                    system.Mount(entry, place.Node, place.FileSystem);
                    seen.Add(place);
                }
                catch (Exception e) when (IdTool.IsTrouble(e))
                {
                    complaints.Add($"{name}: what lies in {entry.Point} still names the old ids: {e.Message}");
                }
            }
            complaints.AddRange(new SystemIds(system, new IdFiles(copy.Words), copy).Adapt(tell, cancel).Select(complaint => $"{name}: {complaint}"));
        }
        catch (Exception e) when (IdTool.IsTrouble(e))
        {
            complaints.Add($"{root.Title} ({root.FileSystem}) was not looked into for a system that names the old ids: {e.Message}");
        }
        return complaints.Select(complaint => complaint.TrimEnd('.') + ".");
    }

    /// <summary>systemd finds such by its place on the disk: no fstab need name it.</summary>
    /// <param name="hasSystem">A Linux system is on the disk, and this may be what it starts from.</param>
    private List<string> AdaptBootVolume(IdPlace place, IdWords words, bool hasSystem, ICollection<string> inUse)
    {
        var (name, files, complaints) = ($"{place.Title} ({place.FileSystem})", new IdFiles(words), new List<string>());
        try
        {
            using var mounted = MountedSystem.Alone(tools, place.Node, place.FileSystem, inUse);
            if (!s_bootFolders.Any(folder => Directory.Exists(Path.Combine(mounted.Root, folder)))) return complaints;
            foreach (var file in IdFiles.Below(mounted.Root))
            {
                try
                {
                    files.Rewrite(file);
                }
                catch (Exception e) when (IdTool.IsTrouble(e))
                {
                    complaints.Add($"{name}: {file[mounted.Root.Length..]} still names the old ids: {e.Message.TrimEnd('.')}.");
                }
            }
            complaints.AddRange(files.Leftover(mounted.Root).Select(file => $"{name}: {file[mounted.Root.Length..]} still names the old ids."));
        }
        catch (Exception e) when (IdTool.IsTrouble(e))
        {
            if (hasSystem) complaints.Add($"{name} was not looked into for a boot loader that names the old ids: {e.Message.TrimEnd('.')}.");
        }
        return complaints;
    }

    /// <summary>The ids by which an fstab may name a volume.</summary>
    private static IEnumerable<string> Names(IdVolume volume, IdDisk disk)
    {
        if (volume.Uuid is { } uuid) yield return uuid;
        if (DiskNodes.PartitionId(volume, disk) is { } id) yield return id;
    }

    /// <summary>The id in "UUID=…", "PARTUUID=…", "/dev/disk/by-uuid/…", "/dev/disk/by-partuuid/…".</summary>
    private static string? Id(string device) =>
        s_prefixes.Where(prefix => device.StartsWith(prefix, StringComparison.Ordinal)).Select(prefix => device[prefix.Length..]).FirstOrDefault();
}
