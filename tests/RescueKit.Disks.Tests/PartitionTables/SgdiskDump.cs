using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>The partitions that sgdisk reads from a disk file, from whichever copy of the GPT it goes by; sectors of 512 bytes.</summary>
internal static partial class SgdiskDump
{
    /// <summary>Asked for each by number: to print all of them it also adds up the free sectors, one by one, up to the last usable one.</summary>
    private static readonly string[] Questions = [.. Enumerable.Range(1, 8).SelectMany(number => new[] { "-i", $"{number}" })];

    /// <summary>Entries with an end before their start, or beyond any disk, are left out.</summary>
    public static IReadOnlyList<Extent> Read(string path) =>
    [
        .. Sectors().Matches(Tool.Run("sgdisk", [.. Questions, path]).Output)
            .Select(match => (First: Number(match.Groups[1]), Last: Number(match.Groups[2])))
            .Where(sectors => sectors.First <= sectors.Last && sectors.Last < 1UL << 53)
            .Select(sectors => Extent.FromTo((long)sectors.First * 512, ((long)sectors.Last + 1) * 512)),
    ];

    private static ulong Number(Group group) => ulong.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^First sector: (\d+).*\nLast sector: (\d+)", RegexOptions.Multiline)]
    private static partial Regex Sectors();
}
