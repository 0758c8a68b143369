using System.Globalization;
using System.Text.RegularExpressions;

namespace RescueKit.Agent.Ids;

/// <summary>A line of fstab(5).</summary>
/// <param name="Device">As written: "UUID=…", "/dev/…".</param>
/// <param name="Point">Where it is mounted; "none" for swap.</param>
internal sealed partial record FstabEntry(string Device, string Point, string Type, string Options)
{
    public bool IsMounted => Point.StartsWith('/');

    /// <summary>"subvol=@home", "subvolid=256", or nothing.</summary>
    public string Subvolume => Options.Split(',').FirstOrDefault(option => option.StartsWith("subvol=", StringComparison.Ordinal) || option.StartsWith("subvolid=", StringComparison.Ordinal)) ?? "";

    /// <summary>Found by the label of a file system or partition.</summary>
    public bool IsByLabel => Regex.IsMatch(Device, "^(PART)?LABEL=|^/dev/disk/by-(part)?label/");

    /// <summary>Found by a name that the kernel gives in the order in which disks show up.</summary>
    public bool IsByPlace => PlaceName().IsMatch(Device);

    /// <summary>Lines that are whole, and name what a path can be.</summary>
    public static IReadOnlyList<FstabEntry> Parse(IEnumerable<string> lines) =>
    [
        .. lines.Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length >= 3 && !words[0].StartsWith('#'))
            .Select(words => new FstabEntry(Plain(words[0]).Replace("\"", "", StringComparison.Ordinal), Plain(words[1]), words[2], words.ElementAtOrDefault(3) ?? "defaults"))
            .Where(entry => !entry.Device.Concat(entry.Point).Any(char.IsControl)),
    ];

    /// <summary>Blanks are written as octal numbers.</summary>
    private static string Plain(string word) => Octal().Replace(word, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^/dev/(sd[a-z]+|vd[a-z]+|hd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)")]
    private static partial Regex PlaceName();
}
