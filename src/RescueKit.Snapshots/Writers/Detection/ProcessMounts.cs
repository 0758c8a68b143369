namespace RescueKit.Snapshots.Writers.Detection;

/// <summary>
/// What file system a path lies on, as one process sees them (/proc/PID/mountinfo, proc(5)): by names, since st_dev of a file on btrfs is not the
/// number that its mount has.
/// </summary>
internal sealed class ProcessMounts
{
    private readonly List<(string Point, string Number, string Type)> _mounts = [];

    public ProcessMounts(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            if (line.Split(' ') is not { Length: > 5 } fields) continue;
            // Before the dash there are as many optional fields as the kernel likes.
            var type = Array.IndexOf(fields, "-", 6) + 1;
            _mounts.Add((Unescape(fields[4]), fields[2], type > 0 && type < fields.Length ? fields[type] : ""));
        }
    }

    /// <summary>Device number, as <see cref="RescueKit.Model.LiveFileSystem.Number"/>; the longest mount point above it, and of equal ones the last.</summary>
    public string? NumberOf(string path) => Holding(path)?.Number;

    /// <summary>As mount(8) calls it: "ext4"; empty where the line does not tell.</summary>
    public string? TypeOf(string path) => Holding(path)?.Type;

    private (string Point, string Number, string Type)? Holding(string path)
    {
        (string Point, string Number, string Type)? best = null;
        foreach (var mount in _mounts)
        {
            if (IsAbove(mount.Point, path) && (best is null || mount.Point.Length >= best.Value.Point.Length)) best = mount;
        }
        return best;
    }

    public static bool IsAbove(string folder, string path) =>
        folder == "/" || path == folder || (path.StartsWith(folder, StringComparison.Ordinal) && path[folder.Length] == '/');

    /// <summary>The kernel writes space, tab, newline and backslash as \ooo.</summary>
    private static string Unescape(string text)
    {
        for (var at = text.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 3 < text.Length; at = text.IndexOf('\\', at + 1))
            text = string.Concat(text.AsSpan(0, at), ((char)Convert.ToInt32(text.Substring(at + 1, 3), 8)).ToString(), text.AsSpan(at + 4));
        return text;
    }
}
