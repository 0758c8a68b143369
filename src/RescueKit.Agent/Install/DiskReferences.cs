using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Install;

/// <summary>Where a system names partitions. Names of the partitions' own nodes lead nowhere once they are mapped; ids do.</summary>
internal static class DiskReferences
{
    private static readonly string[] s_files = ["/etc/fstab", "/etc/crypttab", "/proc/cmdline", "/etc/default/grub", "/etc/initramfs-tools/conf.d/resume", "/etc/mdadm/mdadm.conf"];
    private static readonly string[] s_tags = ["PARTUUID=", "PARTLABEL="];
    private static readonly string[] s_byId = ["/dev/disk/by-uuid/", "/dev/disk/by-label/", "/dev/disk/by-partuuid/", "/dev/disk/by-partlabel/", "/dev/mapper/"];

    private const string UuidInstead =
        "write UUID=… instead, as blkid tells it; for the kernel's command line: GRUB_DISABLE_LINUX_UUID=false in /etc/default/grub, update-grub, restart; then install again";

    /// <summary>What names a mapping, and would not be found any more without it; null where nothing does.</summary>
    public static string? NamesMapping(SystemRoot root) =>
        s_files.Append("/boot/grub/grub.cfg").FirstOrDefault(file => root.ReadLines(file).Any(line =>
            !line.TrimStart().StartsWith('#') && line.Contains("/dev/mapper/rescuekit-", StringComparison.Ordinal)));

    /// <exception cref="SafetyException">Something does.</exception>
    public static void MustNotName(LiveDisk disk, SystemRoot root, IToolRunner tools)
    {
        foreach (var file in s_files)
        {
            foreach (var line in root.ReadLines(file).Where(line => !line.TrimStart().StartsWith('#')))
            {
                if (line.Split([' ', '\t', '=', '"', ','], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => Names(disk, word, root)) is { } name)
                    throw new SafetyException($"{file} names {name}, which would not be found any more once {disk.Path} is mapped", $"write UUID=… instead, as 'blkid {name}' tells it, then install again");
                if (IsReadInInitramfs(file, line) && PartitionTag(disk, line, root) is { } tag)
                    throw new SafetyException($"{file} names {tag}, which an initramfs would not find any more once {disk.Path} is mapped", UuidInstead);
            }
        }
        if (!tools.Has("lvmconfig")) return;
        foreach (var setting in (string[])["devices/filter", "devices/global_filter"])
        {
            var outcome = tools.Run(new ToolCall("lvmconfig", "--type", "current", setting));
            if (outcome.ExitCode == 0 && outcome.Output.Trim() is { Length: > 0 } filter && disk.Partitions.Any(partition => IsOfLvm(partition, tools)))
                throw new SafetyException($"LVM looks at chosen devices only ({filter}), and may not find its volumes on {disk.Path} once they are mapped", "allow /dev/mapper/rescuekit-* there, or remove the setting from /etc/lvm/lvm.conf, then install again");
        }
    }

    /// <summary>Once the system is up, udev's links tell the mappings by these names, too; blkid, which an initramfs asks, does not.</summary>
    private static bool IsReadInInitramfs(string file, string line) =>
        file != "/etc/fstab" || line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, "/usr", ..];

    /// <summary>PARTUUID=… or PARTLABEL=… of one of the disk's partitions, or of one that is not there to be looked at.</summary>
    private static string? PartitionTag(LiveDisk disk, string line, SystemRoot root)
    {
        foreach (var word in line.Replace("\"", "", StringComparison.Ordinal).Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (s_tags.FirstOrDefault(known => word.Contains(known, StringComparison.Ordinal)) is not { } tag) continue;
            var value = word[(word.IndexOf(tag, StringComparison.Ordinal) + tag.Length)..];
            var isId = tag == "PARTUUID=";
            var link = $"/dev/disk/by-{(isId ? "partuuid" : "partlabel")}/{(isId ? value.ToLowerInvariant() : value)}";
            if (!root.Exists(link) || disk.Partitions.Any(partition => partition.Device == root.Resolve(link))) return tag + value;
        }
        return null;
    }

    private static bool Names(LiveDisk disk, string word, SystemRoot root) =>
        word.StartsWith("/dev/", StringComparison.Ordinal) && !s_byId.Any(folder => word.StartsWith(folder, StringComparison.Ordinal))
        && disk.Partitions.Any(partition => partition.Device == word || partition.Device == root.Resolve(word));

    private static bool IsOfLvm(LivePartition partition, IToolRunner tools) =>
        tools.Run(new ToolCall("blkid", "-p", "-s", "TYPE", "-o", "value", partition.Device)).Output.Trim() == "LVM2_member";
}
