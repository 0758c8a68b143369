using System.Text.RegularExpressions;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Boot;

/// <summary>The firmware's boot entries, through efibootmgr(8).</summary>
internal sealed partial class FirmwareEntries(IToolRunner tools)
{
    /// <summary>Names of the entries that lead to a partition. Empty where the firmware cannot be asked.</summary>
    /// <param name="marks">What a device path has of it: its GPT id, or "MBR,0x" and the disk's signature.</param>
    public IReadOnlyList<string> NamesFor(string marks)
    {
        if (!tools.Has("efibootmgr")) return [];
        var outcome = tools.Run(new ToolCall("efibootmgr", "-v"));
        return outcome.ExitCode == 0 ? Naming(outcome.Output, marks) : [];
    }

    /// <exception cref="DeviceException">The firmware takes none.</exception>
    public void Add(string disk, int partition, string loader, string label) => tools.Must($"adding the boot entry {label}",
        new ToolCall("efibootmgr", "--create", "--disk", disk, "--part", $"{partition}", "--loader", "\\" + loader.Replace('/', '\\'), "--label", label),
        "the firmware's settings may be locked or full: add a fallback loader instead");

    internal static IReadOnlyList<string> Naming(string output, string marks) =>
    [
        .. Entry().Matches(output).Where(entry => entry.Value.Contains(marks, StringComparison.OrdinalIgnoreCase)).Select(entry => entry.Groups["name"].Value.Trim()),
    ];

    /// <summary>Boot0004* debian	HD(1,GPT,…,0x800,0x100000)/File(\EFI\debian\shimx64.efi). Entries without the star are switched off.</summary>
    [GeneratedRegex(@"^Boot[0-9A-Fa-f]{4}\*\s+(?<name>.*?)\s+HD\(.*$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
