using System.Text;

namespace RescueKit.Disks.Inventory;

/// <param name="Number">Device number of the file system; of no disk where it starts with "0:" (btrfs, overlay, tmpfs, network).</param>
public sealed record Mount(string Number, string Point, string Type, string Source, string Options);

/// <summary>/proc/self/mountinfo and /proc/swaps, as proc(5) describes them.</summary>
public sealed class MountTable
{
    public IReadOnlyList<Mount> Mounts { get; private init; } = [];

    /// <summary>Devices and files that are swapped to.</summary>
    public IReadOnlyList<string> Swaps { get; private init; } = [];

    public static MountTable Read(SystemRoot root) => new()
    {
        Mounts = [.. root.ReadLines("/proc/self/mountinfo").Select(Parse).OfType<Mount>()],
        Swaps = [.. root.ReadLines("/proc/swaps").Skip(1).Select(line => Unescape(line.Split(' ', '\t')[0]))],
    };

    /// <summary>The mount that a path lies on: the longest mount point above it, and of equal ones the last.</summary>
    public Mount? Holding(string path) => Mounts
        .Where(mount => path == mount.Point || mount.Point == "/" || path.StartsWith(mount.Point + "/", StringComparison.Ordinal))
        .Aggregate((Mount?)null, (best, mount) => best is null || mount.Point.Length >= best.Point.Length ? mount : best);

    /// <summary>36 35 98:0 /root /point options optional-fields… - type source super-options.</summary>
    private static Mount? Parse(string line)
    {
        var fields = line.Split(' ');
        var separator = Array.IndexOf(fields, "-");
        return separator < 6 || fields.Length < separator + 3
            ? null
            : new Mount(fields[2], Unescape(fields[4]), fields[separator + 1], Unescape(fields[separator + 2]),
                fields.Length > separator + 3 ? Unescape(fields[separator + 3]) : "");
    }

    /// <summary>The kernel writes space, tab, newline and backslash as \ooo.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\')) return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '\\' && i + 3 < bytes.Length && IsOctal(bytes[i + 1]) && IsOctal(bytes[i + 2]) && IsOctal(bytes[i + 3]))
            {
                bytes[length++] = (byte)(((bytes[i + 1] & 7) << 6) | ((bytes[i + 2] & 7) << 3) | (bytes[i + 3] & 7));
                i += 3;
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsOctal(byte value) => value is >= (byte)'0' and <= (byte)'7';
}
