using System.CommandLine;
using System.Diagnostics;
using RescueKit.Cli.Session;
using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.FileSystems;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

/// <summary>Mounts a frozen volume so that nothing is written and no journal is replayed.</summary>
internal static class SnapshotMountCommand
{
    public static Command Build(CliHost host)
    {
        var (id, folder) = (new Argument<string>("ID[:N]") { Description = "A snapshot, and which of its volumes, from 1, where it has several" }, new Argument<string>("DIR") { Description = "Where to: a folder that exists" });
        var json = Arguments.CommonOptions.Json();
        var command = new ExampleCommand("mount", "Mount a volume of a snapshot, read-only", "rescuekit snapshot mount 1a2b3c4d /mnt", "rescuekit snapshot mount 1a2b3c4d:2 /mnt") { id, folder };
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            Mount(parse.GetRequiredValue(id), Path.GetFullPath(parse.GetRequiredValue(folder)), host.Terminal.Out);
            return ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>With what the journal is left alone, and what a second file system of the same UUID needs: mount(8), xfs(5), btrfs(5).</summary>
    internal static (string Type, string Options)? How(string content) => content.ToLowerInvariant() switch
    {
        "ext2" => ("ext2", "ro"),
        "ext3" or "ext4" => ("ext4", "ro,noload"),
        "xfs" => ("xfs", "ro,norecovery,nouuid"),
        "btrfs" => ("btrfs", "ro,rescue=nologreplay"),
        "fat12" or "fat16" or "fat32" or "fat" or "vfat" => ("vfat", "ro"),
        "exfat" => ("exfat", "ro"),
        "ntfs" => ("ntfs3", "ro"),
        "f2fs" => ("f2fs", "ro,norecovery"),
        _ => null,
    };

    private static void Mount(string wanted, string folder, TextWriter to)
    {
        var words = wanted.Split(':');
        var snapshot = SnapshotCommand.Find(words[0]);
        if (snapshot.IsLost) throw new SnapshotException($"the snapshot {snapshot.Id} is lost: it shows nothing any more", $"release it: rescuekit snapshot release {snapshot.Id}");
        if (words.Length == 1 && snapshot.Volumes.Count > 1)
            throw new UsageException($"the snapshot {snapshot.Id} has {snapshot.Volumes.Count} volumes", $"say which one: {snapshot.Id}:1 is {snapshot.Volumes[0].Name}");
        var number = words.Length == 1 ? 1 : words.Length == 2 && int.TryParse(words[1], out var given) ? given : 0;
        if (number < 1 || number > snapshot.Volumes.Count) throw new UsageException($"'{wanted}' names no volume", $"its volumes are {snapshot.Id}:1 to {snapshot.Id}:{snapshot.Volumes.Count}");
        if (!Directory.Exists(folder)) throw new UsageException($"there is no folder {folder}", "make it first");
        var volume = snapshot.Volumes[number - 1];
        using (var source = BlockDevices.OpenSource(volume.Device, exclusive: false)) wanted = VolumeProbe.Read(source, new AllocationOptions(ExcludeWindowsSwap: false)).Type;
        var (type, options) = How(wanted) ?? throw new UsageException($"{volume.Name} holds {wanted}, which cannot be mounted", $"its device is {volume.Device}");
        Run("-t", type, "-o", options, volume.Device, folder);
        to.WriteLine($"{volume.Name} as it was at {snapshot.TakenAt.ToLocalTime():yyyy-MM-dd HH:mm:ss} is at {folder} ({type}, {options}).");
        to.WriteLine($"To unmount it: umount {folder}");
    }

    private static void Run(params string[] words)
    {
        var start = new ProcessStartInfo("mount") { RedirectStandardError = true };
        foreach (var word in words) start.ArgumentList.Add(word);
        using var process = Process.Start(start) ?? throw new DeviceException("mount could not be started");
        var said = process.StandardError.ReadToEnd().Trim().ReplaceLineEndings("; ");
        process.WaitForExit();
        if (process.ExitCode != 0) throw new DeviceException($"{words[^2]} could not be mounted: {said}", words[1] == "btrfs" ? "a kernel before Linux 6.7 mounts no second btrfs of the same UUID beside the first one" : null);
    }
}
