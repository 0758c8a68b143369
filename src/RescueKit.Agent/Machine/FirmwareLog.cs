using System.Text.RegularExpressions;

namespace RescueKit.Agent.Machine;

/// <summary>
/// Firmware files that drivers asked for in vain, from the kernel's log: "firmware: failed to load X (-2)" (Debian's kernels) and
/// "Direct firmware load for X failed with error -2" (drivers/base/firmware_loader/main.c).
/// </summary>
internal static partial class FirmwareLog
{
    public static IReadOnlyList<string> MissingFiles(string log) =>
        [.. Failure().Matches(log).Select(match => match.Groups["file"].Value).Distinct().Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"(?:firmware: failed to load|Direct firmware load for) (?<file>[^\s]+)")]
    private static partial Regex Failure();
}
