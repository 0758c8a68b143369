using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Inspection;
using RescueKit.Model;

namespace RescueKit.Agent.Places;

/// <param name="FileSystem">Its type; null where unknown.</param>
/// <param name="Release">Gives the device back as it was; null where nothing was changed.</param>
internal sealed record Mounted(string Point, string? FileSystem, Action? Release);

/// <summary>Mounts partitions and shares, each at a folder of its own, and takes them off again.</summary>
internal sealed class Mounter(IToolRunner tools, string folder)
{
    private static readonly TimeSpan ShareLimit = TimeSpan.FromSeconds(90);
    private readonly DeviceGuard _guard = new(tools);

    /// <exception cref="RescueKitException">It cannot be mounted; nothing is left behind.</exception>
    public Mounted Mount(string id, PlaceRequest request)
    {
        if (request.Address.StartsWith('-')) throw new UsageException($"'{request.Address}' is no address");
        var point = Path.Combine(folder, id);
        Directory.CreateDirectory(point);
        try
        {
            return request.Kind switch
            {
                PlaceKind.Partition or PlaceKind.Stick => Partition(request, point),
                PlaceKind.Nfs => Share(request, MountCalls.Nfs(request, point), point, "nfs"),
                PlaceKind.Smb => Smb(request, id, point),
                PlaceKind.Ssh => Ssh(request, id, point),
                _ => throw new UsageException($"a {request.Kind} is not mounted"),
            };
        }
        catch
        {
            RemoveFolder(point);
            throw;
        }
    }

    /// <exception cref="DeviceException">Something still uses it.</exception>
    public void Unmount(Mounted mounted, string name)
    {
        tools.Must($"detaching {name}", new ToolCall("umount", mounted.Point), "close what uses it, or wait for the run that does");
        RemoveFolder(mounted.Point);
        mounted.Release?.Invoke();
    }

    /// <summary>Takes off what can answer no more, whoever still has files of it open; their calls fail, and what is left goes with the last of them.</summary>
    public void Abandon(Mounted mounted)
    {
        tools.Run(new ToolCall("umount", "-l", mounted.Point));
        RemoveFolder(mounted.Point);
    }

    private Mounted Partition(PlaceRequest request, string point)
    {
        var device = DiskInspector.Show(request.Address);
        // Its write protection may be what keeps an array or a volume that was opened read-only as it is.
        if (request.Writable && device.ReadOnly) throw new DeviceException($"{request.Address} is read-only", "attach it for reading only");
        var fileSystem = device.Partitions is [{ Number: 0 } whole] ? whole.FileSystem : null;
        var call = MountCalls.Partition(request, fileSystem, point);
        var release = _guard.Set(request.Address, readOnly: !request.Writable);
        try
        {
            tools.Must($"mounting {request.Address} ({fileSystem})", call with { Limit = ShareLimit },
                request.Writable ? "attach it read-only, or check its file system first" : null);
        }
        catch
        {
            release?.Invoke();
            throw;
        }
        return new Mounted(point, fileSystem, release);
    }

    private Mounted Share(PlaceRequest request, ToolCall call, string point, string type)
    {
        tools.Must($"mounting {request.Address}", call with { Limit = ShareLimit }, "check the network, the address and the password");
        return new Mounted(point, type, null);
    }

    private Mounted Ssh(PlaceRequest request, string id, string point)
    {
        var log = Path.Combine(folder, $".{id}.ssh");
        File.Delete(log);
        try
        {
            return Share(request, MountCalls.Ssh(request, point, log), point, "sshfs") with { Release = () => File.Delete(log) };
        }
        catch (DeviceException e) when (File.Exists(log) && File.ReadAllText(log).Trim() is { Length: > 0 } said)
        {
            throw new DeviceException($"mounting {request.Address} failed: {new ToolOutcome(1, "", said).Complaint}", e.Remedy, e);
        }
    }

    /// <summary>The password stands in a file of root's alone for as long as mounting takes: a command line can be read by everybody.</summary>
    private Mounted Smb(PlaceRequest request, string id, string point)
    {
        if (request.User is null) return Share(request, MountCalls.Smb(request, point, null), point, "cifs");
        var file = Path.Combine(folder, $".{id}.credentials");
        try
        {
            using (var stream = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            using (var writer = new StreamWriter(stream))
            {
                writer.Write(MountCalls.Credentials(request));
            }
            return Share(request, MountCalls.Smb(request, point, file), point, "cifs");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void RemoveFolder(string point)
    {
        try
        {
            Directory.Delete(point);
        }
        catch (IOException)
        {
            // Not empty: then something is still mounted there, and nothing may be deleted.
        }
    }
}
