using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Boot;

/// <summary>A FAT partition by mounting it: read-only, and for writing for as long as a copy takes.</summary>
/// <param name="device">The partition's node.</param>
/// <param name="point">A folder that is made and removed.</param>
internal sealed class MountedEsp(IToolRunner tools, string device, string point) : IEspFiles
{
    private bool _mounted;

    public IReadOnlyList<string> List()
    {
        Mount("ro");
        var efi = Path.Combine(point, "EFI");
        if (!Directory.Exists(efi)) return [];
        try
        {
            return [.. Directory.EnumerateFiles(efi, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(point, file))];
        }
        catch (IOException e)
        {
            throw new DeviceException($"{device} cannot be read: {e.Message}", inner: e);
        }
    }

    public void Copy(string from, string to)
    {
        Dispose();
        Mount("rw");
        try
        {
            var target = Path.Combine(point, to);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(point, from), target, overwrite: false);
        }
        catch (IOException e)
        {
            throw new DeviceException($"{to} cannot be written to {device}: {e.Message}", inner: e);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Unmounting writes what is not written yet.</summary>
    public void Dispose()
    {
        if (!_mounted) return;
        _mounted = false;
        tools.Must($"unmounting {device}", new ToolCall("umount", point));
        Directory.Delete(point);
    }

    private void Mount(string access)
    {
        if (_mounted) return;
        Directory.CreateDirectory(point);
        tools.Must($"mounting {device}", new ToolCall("mount", "-t", "vfat", "-o", access, device, point));
        _mounted = true;
    }
}
