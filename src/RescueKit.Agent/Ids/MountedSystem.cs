using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>A Linux system on a disk, its file systems mounted as its own fstab says, so that its own programs can be run in it. Needs root.</summary>
internal sealed class MountedSystem : IDisposable
{
    /// <summary>Where distributions put the root of a btrfs, besides its top: Ubuntu, Debian, Fedora.</summary>
    private static readonly string[] s_rootSubvolumes = ["", "subvol=@", "subvol=@rootfs", "subvol=root"];

    private static readonly string[] s_programFolders = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"];

    private readonly IToolRunner _tools;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rescuekit-system-");
    private readonly Stack<string> _points = new();

    private MountedSystem(IToolRunner tools) => _tools = tools;

    public string Root => _folder.FullName;

    /// <summary>What its fstab says.</summary>
    public IReadOnlyList<FstabEntry> Entries { get; private set; } = [];

    /// <param name="device">A block device.</param>
    /// <returns>Null where there is no system on it.</returns>
    /// <exception cref="DeviceException">It cannot be mounted.</exception>
    public static MountedSystem? Find(IToolRunner tools, string device, string fileSystem)
    {
        if (fileSystem is not ("ext2" or "ext3" or "ext4" or "XFS" or "btrfs")) return null;
        foreach (var subvolume in fileSystem == "btrfs" ? s_rootSubvolumes : [""])
        {
            var system = new MountedSystem(tools);
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
    /// <exception cref="DeviceException">It cannot be.</exception>
    public void Mount(FstabEntry entry, string device)
    {
        var point = Find(entry.Point) ?? throw new DeviceException($"there is no folder {entry.Point}");
        Mount(["-t", entry.Type, .. Options(entry.Subvolume), device], point);
    }

    /// <summary>Has the kernel's own file systems in it, as programs expect. EFI's variables are not among them: those of this machine are left alone.</summary>
    /// <exception cref="DeviceException">They cannot be mounted.</exception>
    public void PrepareForPrograms()
    {
        if (Find("/dev") is { } devices) Mount(["--bind", "/dev"], devices);
        if (Find("/proc") is { } processes) Mount(["-t", "proc", "proc"], processes);
        if (Find("/sys") is { } system) Mount(["-t", "sysfs", "-o", "ro", "sysfs"], system);
        if (Find("/run") is { } running) Mount(["-t", "tmpfs", "tmpfs"], running);
        if (Find("/tmp") is { } temporary) Mount(["-t", "tmpfs", "tmpfs"], temporary);
    }

    /// <summary>Where a program of its lies, as it sees it; null where it has none of that name.</summary>
    public string? Program(string name) =>
        s_programFolders.Select(folder => folder + name).FirstOrDefault(path => File.Exists(Find(path)));

    /// <summary>Runs a program of the system in it.</summary>
    /// <param name="limit">After it, it is ended.</param>
    public ToolOutcome Run(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancel = default) =>
        _tools.Run(new ToolCall("setsid", ["--wait", "chroot", Root, program, .. arguments])
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
            catch (DeviceException)
            {
                _tools.Unmount(point); // something that was started in it goes on
            }
        }
        try
        {
            _folder.Delete();
        }
        catch (IOException)
        {
            // Something is still mounted there, and nothing may be deleted.
        }
    }

    private bool IsSystem(string device, string fileSystem, string subvolume)
    {
        var type = fileSystem switch { "XFS" => "xfs", "btrfs" => "btrfs", _ => "ext4" };
        var call = new ToolCall("mount", ["-t", type, .. Options(subvolume), device, Root]);
        if (subvolume.Length == 0) _tools.Must($"mounting {device}", call);
        else if (_tools.Run(call).ExitCode != 0) return false;
        _points.Push(Root);
        if (Find("/etc/fstab") is not { } fstab) return false;
        Entries = FstabEntry.Parse(File.ReadLines(fstab));
        return true;
    }

    private static string[] Options(string subvolume) => subvolume.Length == 0 ? [] : ["-o", subvolume];

    private void Mount(string[] what, string point)
    {
        _tools.Must($"mounting {point}", new ToolCall("mount", [.. what, point]));
        _points.Push(point);
    }
}
