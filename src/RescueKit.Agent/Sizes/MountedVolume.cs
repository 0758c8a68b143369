using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>
/// A file system mounted at a folder of its own, for what its tools do to mounted ones alone. A copy may lie beside the original, which must not
/// be what is mounted. Needs root.
/// </summary>
internal sealed class MountedVolume : IDisposable
{
    private const int Tries = 50;

    private readonly IToolRunner _tools;
    private readonly LoopView? _loop;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rescuekit-mount-");

    private MountedVolume(IToolRunner tools, LoopView? loop) => (_tools, _loop) = (tools, loop);

    public string Folder => _folder.FullName;

    /// <summary>Between two tries to unmount it.</summary>
    internal TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <param name="device">A block device.</param>
    public static MountedVolume Xfs(IToolRunner tools, string device) => Mount(tools, "xfs", device, "nouuid", null);

    /// <param name="volume">A block device or a file.</param>
    /// <exception cref="DeviceException">It cannot be mounted, or the kernel would take another device of the same id for it.</exception>
    public static MountedVolume Btrfs(IToolRunner tools, string volume, bool readOnly)
    {
        var id = tools.Must($"looking at {volume}", new ToolCall("blkid", "--probe", "--match-tag", "UUID", "--output", "value", volume)).Trim();
        // Kernels before 6.7 know a btrfs by its id alone.
        if (Directory.Exists($"/sys/fs/btrfs/{id}"))
            throw new DeviceException($"a btrfs of the same id ({id}) is mounted, and two of them cannot be told apart", "do it where the original is not mounted: from the rescue media");
        var loop = DiskInventory.IsBlockDevice(volume) ? null : new LoopView(tools, volume, new Extent(0, new FileInfo(volume).Length), readOnly);
        var device = loop?.Path ?? volume;
        var mounted = Mount(tools, "btrfs", device, "ro", loop);
        try
        {
            var source = tools.Must($"looking at {mounted.Folder}", new ToolCall("findmnt", "--noheadings", "--output", "SOURCE", "--mountpoint", mounted.Folder)).Trim();
            if (source != device) throw new DeviceException($"the kernel took {source} for {device}, which has the same id");
            if (!readOnly) tools.Must($"mounting {volume}", new ToolCall("mount", "-o", "remount,rw", mounted.Folder));
            return mounted;
        }
        catch
        {
            mounted.Dispose();
            throw;
        }
    }

    /// <summary>Whoever looks at new mounts may hold it for a moment. Whoever holds it for longer keeps it, and the folder is empty all the same.</summary>
    /// <exception cref="DeviceException">It is mounted still, or not all of it could be written.</exception>
    public void Dispose()
    {
        try
        {
            for (var i = 0; i < Tries; i++)
            {
                if (_tools.Run(new ToolCall("umount", Folder)).ExitCode == 0) return;
                Thread.Sleep(Pause);
            }
            if (_tools.Has("sync")) _tools.Run(new ToolCall("sync", "--file-system", Folder));
            _tools.Unmount(Folder);
        }
        finally
        {
            Leave();
        }
    }

    private static MountedVolume Mount(IToolRunner tools, string type, string device, string options, LoopView? loop)
    {
        var mounted = new MountedVolume(tools, loop);
        try
        {
            tools.Must($"mounting {device} ({type})", new ToolCall("mount", "-t", type, "-o", options, device, mounted.Folder));
            return mounted;
        }
        catch
        {
            mounted.Leave();
            throw;
        }
    }

    private void Leave()
    {
        try
        {
            _folder.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"{Folder} could not be unmounted: {e.Message}", "close what uses it, and unmount it", e);
        }
        finally
        {
            _loop?.Dispose();
        }
    }
}
