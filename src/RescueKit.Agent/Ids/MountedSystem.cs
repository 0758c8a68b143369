using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>
/// A Linux system on a disk, its file systems mounted where its own fstab says, so that its own programs can be run in it. The fstab says no more
/// than that: the kernel's type is taken from what the file system is found to be. Needs root.
/// </summary>
internal sealed class MountedSystem : IDisposable
{
    /// <summary>Where distributions put the root of a btrfs, besides its top: Ubuntu, Debian, Fedora.</summary>
    private static readonly string[] s_rootSubvolumes = ["", "subvol=@", "subvol=@rootfs", "subvol=root"];

    /// <summary>What an image says of itself opens no device of this machine, and gives nobody more rights.</summary>
    private const string Confined = "nodev,nosuid";

    /// <summary>What of this machine's devices programs need, besides the disk.</summary>
    private static readonly string[] s_devices = ["null", "zero", "full", "random", "urandom", "tty", "console"];

    private static readonly (string Name, string Target)[] s_deviceLinks = [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")];

    private static readonly string[] s_programFolders = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"];

    private const string Mapper = "mapper/";

    private readonly IToolRunner _tools;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rescuekit-system-");
    private readonly ICollection<string> _inUse;
    private readonly Stack<string> _points = new();

    private MountedSystem(IToolRunner tools, ICollection<string> inUse) => (_tools, _inUse) = (tools, inUse);

    public string Root => _folder.FullName;

    /// <summary>What its fstab says.</summary>
    public IReadOnlyList<FstabEntry> Entries { get; private set; } = [];

    /// <param name="device">A block device.</param>
    /// <param name="inUse">Takes a sentence where something cannot be unmounted.</param>
    /// <returns>Null where there is no system on it.</returns>
    /// <exception cref="DeviceException">It cannot be mounted.</exception>
    public static MountedSystem? Find(IToolRunner tools, string device, string fileSystem, ICollection<string> inUse)
    {
        if (fileSystem is not ("ext2" or "ext3" or "ext4" or "XFS" or "btrfs")) return null;
        foreach (var subvolume in fileSystem == "btrfs" ? s_rootSubvolumes : [""])
        {
            var system = new MountedSystem(tools, inUse);
            try
            {
                if (system.IsSystem(device, fileSystem, subvolume)) return system;
            }
            catch
            {
                system.Dispose();
                throw;
            }
            system.Dispose();
        }
        return null;
    }

    /// <summary>One file system alone: a system's, that its fstab does not name.</summary>
    /// <exception cref="DeviceException">It cannot be mounted.</exception>
    public static MountedSystem Alone(IToolRunner tools, string device, string fileSystem, ICollection<string> inUse)
    {
        var system = new MountedSystem(tools, inUse);
        try
        {
            system.Mount(Volume(device, fileSystem, ""), system.Root);
            return system;
        }
        catch
        {
            system.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file system, by the names of <see cref="VolumeContent.Type"/>, can hold what a system needs to start.</summary>
    public static bool IsMountable(string? fileSystem) => TypeOf(fileSystem) is not null;

    /// <summary>Where a path of the system is now; null where it has no such file. Its links are followed within it.</summary>
    public string? Find(string path)
    {
        try
        {
            return RootedPath.Resolve(Root, path, follow: true);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    /// <summary>Mounts another of its file systems.</summary>
    /// <param name="fileSystem">What the device holds; one that <see cref="IsMountable"/>.</param>
    /// <exception cref="DeviceException">It cannot be.</exception>
    public void Mount(FstabEntry entry, string device, string fileSystem)
    {
        var point = Find(entry.Point) ?? throw new DeviceException($"there is no folder {entry.Point}");
        Mount(Volume(device, fileSystem, fileSystem == "btrfs" ? entry.Subvolume : ""), point);
    }

    /// <summary>Has the kernel's own file systems in it, as programs expect. EFI's variables are not among them: those of this machine are left alone.</summary>
    /// <param name="disk">The nodes in /dev of the disk that it is on: of other disks it gets none.</param>
    /// <param name="links">Names below /dev, and which of the nodes they stand for.</param>
    /// <exception cref="DeviceException">They cannot be mounted.</exception>
    public void PrepareForPrograms(IReadOnlyList<string> disk, IReadOnlyList<(string Name, string Node)> links)
    {
        if (Find("/dev") is { } devices)
        {
            Mount(["-t", "tmpfs", "-o", "mode=755,nosuid", "tmpfs"], devices);
            _tools.Must("giving it devices", new ToolCall("cp", ["--archive", .. s_devices.Select(name => $"/dev/{name}").Where(Path.Exists), .. disk, devices]));
            foreach (var (name, target) in s_deviceLinks) File.CreateSymbolicLink(Path.Combine(devices, name), target);
            Directory.CreateDirectory(Path.Combine(devices, "shm"));
            foreach (var (name, node) in links)
            {
                var link = Path.Combine(devices, name);
                Directory.CreateDirectory(Path.GetDirectoryName(link)!);
                File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName($"/dev/{name}")!, node));
            }
            // GRUB's tools ask device mapper what a logical volume lies on.
            if (links.Any(link => link.Name.StartsWith(Mapper, StringComparison.Ordinal)))
                _tools.Must("giving it devices", new ToolCall("cp", "--archive", "/dev/mapper/control", Path.Combine(devices, Mapper)));
        }
        if (Find("/sys") is { } system) Mount(["-t", "sysfs", "-o", "ro", "sysfs"], system);
        if (Find("/run") is { } running) Mount(["-t", "tmpfs", "-o", Confined, "tmpfs"], running);
        if (Find("/tmp") is { } temporary) Mount(["-t", "tmpfs", "-o", Confined, "tmpfs"], temporary);
    }

    /// <summary>Where a program of its lies, as it sees it; null where it has none of that name.</summary>
    public string? Program(string name) =>
        s_programFolders.Select(folder => folder + name).FirstOrDefault(path => File.Exists(Find(path)));

    /// <summary>Runs a program of the system in it, with mounts, processes and a network of its own: what it leaves running ends with it.</summary>
    /// <param name="limit">After it, it is ended.</param>
    public ToolOutcome Run(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancel = default) =>
        _tools.Run(new ToolCall("setsid",
        [
            "--wait", "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--net", "--ipc",
            .. Find("/proc") is { } processes ? (string[])[$"--mount-proc={processes}"] : [],
            "chroot", Root, program, .. arguments,
        ])
        {
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["HOME"] = "/root" },
            Limit = limit,
            Cancel = cancel,
        });

    public void Dispose()
    {
        while (_points.TryPop(out var point))
        {
            try
            {
                _tools.LetGo($"unmounting {point}", new ToolCall("umount", point));
            }
            catch (DeviceException e)
            {
                _inUse.Add($"What was mounted of the disk is still in use: {e.Message}.");
                _tools.Unmount(point);
            }
        }
        try
        {
            _folder.Delete();
        }
        catch (Exception e) when (IdTool.IsTrouble(e))
        {
            // Something is still mounted there, and nothing may be deleted.
        }
    }

    private bool IsSystem(string device, string fileSystem, string subvolume)
    {
        var call = new ToolCall("mount", [.. Volume(device, fileSystem, subvolume), Root]);
        if (subvolume.Length == 0) _tools.Must($"mounting {device}", call);
        else if (_tools.Run(call).ExitCode != 0) return false;
        _points.Push(Root);
        if (Find("/etc/fstab") is not { } fstab) return false;
        Entries = FstabEntry.Parse(IdFiles.Lines(fstab) ?? throw new DeviceException("its /etc/fstab is no file of text"));
        return true;
    }

    /// <summary>The kernel's name of it; null where a system is not mounted from such.</summary>
    private static string? TypeOf(string? fileSystem) => fileSystem switch
    {
        "ext2" or "ext3" or "ext4" => "ext4",
        "XFS" => "xfs",
        "btrfs" => "btrfs",
        "FAT12" or "FAT16" or "FAT32" => "vfat",
        "exFAT" => "exfat",
        _ => null,
    };

    /// <summary>mount(8)'s words for a volume of the disk.</summary>
    private static string[] Volume(string device, string fileSystem, string subvolume) =>
        ["-t", TypeOf(fileSystem)!, "-o", subvolume.Length == 0 ? Confined : $"{Confined},{subvolume}", device];

    private void Mount(string[] what, string point)
    {
        _tools.Must($"mounting {point}", new ToolCall("mount", [.. what, point]));
        _points.Push(point);
    }
}
