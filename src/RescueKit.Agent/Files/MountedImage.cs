using RescueKit.Agent.Places;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Texts;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>
/// A partition of an image, mounted read-only by the system's own drivers: this process serves it on a socket of its own, the kernel's NBD makes a disk of
/// that, or nbdfuse a file, and this is mounted. Nothing is unpacked. A user who is not root has the FUSE drivers alone.
/// </summary>
/// <remarks>
/// Whoever reads those files waits for this process. It may do so itself, but neither on all of its threads at once nor with its own memory: no file
/// below <see cref="Point"/> is to be mapped.
/// </remarks>
public sealed class MountedImage : IDisposable
{
    private readonly IToolRunner _tools;
    private readonly ServedVolume _volume;
    private bool _isMounted;

    private MountedImage(IBlockSource volume, string point, IToolRunner tools, Action<string> report)
    {
        (Point, _tools) = (point, tools);
        _volume = new ServedVolume(volume, isWritable: false, tools, report);
    }

    /// <summary>The folder where its files are, without links.</summary>
    public string Point { get; }

    /// <summary>Whether it is still there: anybody may unmount it.</summary>
    public bool IsMounted => _isMounted && MountTable.Read(new SystemRoot()).Mounts.Any(mount => mount.Point == Point);

    /// <summary>The volume whose files are meant: the one of that number, or the only one that can be mounted.</summary>
    /// <exception cref="UsageException">There is none, or it is not clear which.</exception>
    public static ImagedVolume Choose(ImageDisk image, int? number)
    {
        var volumes = image.Description.Volumes;
        if (number is { } wanted)
        {
            var volume = volumes.FirstOrDefault(v => v.Number == wanted) ?? throw new UsageException($"{image.Name} has no partition {wanted}", List(image, volumes));
            if (!volume.Included) throw new UsageException($"partition {wanted} was left out when the image was made");
            return HasFiles(volume.FileSystem) ? volume : throw new UsageException(
                $"partition {wanted} of {image.Name} holds {volume.FileSystem}, whose files cannot be had this way", "serve it as a disk: rescuekit image serve");
        }
        var candidates = volumes.Where(v => v.Included && HasFiles(v.FileSystem)).ToList();
        return candidates switch
        {
            [var only] => only,
            [] => throw new UsageException($"{image.Name} has no partition whose files can be had this way", "serve it as a disk: rescuekit image serve"),
            _ => throw new UsageException($"{image.Name} has {candidates.Count} partitions with files", List(image, candidates)),
        };
    }

    /// <summary>Whether files of this kind of file system can be had.</summary>
    public static bool HasFiles(string fileSystem) => MountCalls.CanMount(fileSystem);

    /// <param name="volume">Stays the caller's.</param>
    /// <param name="point">A folder that exists.</param>
    /// <param name="report">Takes what could not be read, a sentence each, from any thread.</param>
    /// <exception cref="DeviceException">It cannot be mounted; nothing is left behind.</exception>
    internal static MountedImage Mount(IBlockSource volume, string fileSystem, string point, IToolRunner tools, Action<string> report)
    {
        var mounted = new MountedImage(volume, DiskInventory.RealPath(Path.TrimEndingDirectorySeparator(Path.GetFullPath(point))), tools, report); // as the kernel lists it
        try
        {
            mounted.Mount(fileSystem, volume.Name);
            return mounted;
        }
        catch
        {
            mounted.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (IsMounted) _tools.Unmount(Point);
        _volume.Dispose();
    }

    private void Mount(string fileSystem, string name)
    {
        var calls = Environment.IsPrivilegedProcess
            ? MountCalls.Volume(_volume.Path, _volume.IsDevice, fileSystem, Point)
            : [MountCalls.AsUser(_volume.Path, fileSystem, Point)!.Value.Call];
        foreach (var (i, call) in calls.Index())
        {
            if (i + 1 < calls.Count && _tools.Run(call).ExitCode == 0) break;
            if (i + 1 == calls.Count) _tools.Must($"mounting {name} ({fileSystem})", call);
        }
        _isMounted = true;
    }

    private static string List(ImageDisk image, IEnumerable<ImagedVolume> volumes) =>
        "name one: " + string.Join(", ", volumes.Select(v => $"{image.Name}:{v.Number} ({string.Join(", ", new[] { v.FileSystem, v.Label, Units.Size(v.Length) }.Where(text => !string.IsNullOrEmpty(text)))})"));
}
