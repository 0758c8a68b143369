using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>What e2fsck -fn, which changes nothing, finds out about a file system from its inodes, independently of the bitmaps.</summary>
/// <param name="Rejects">It cannot open it, goes on with a backup superblock, or finds what the allocation rests on damaged.</param>
/// <param name="Unmarked">Ranges in use by files or metadata that the block bitmaps call free ("Block bitmap differences: +").</param>
/// <param name="Everything">Its words.</param>
public sealed partial record E2fsckVerdict(bool Rejects, ExtentSet Unmarked, string Everything)
{
    private const int OperationalError = 8;

    /// <summary>Words of e2fsck that reject the superblock, the group descriptors or a bitmap as such, rather than a file.</summary>
    private static readonly string[] Rejections =
    [
        "trying backup blocks", "superblock or the partition table is likely to be corrupt", "Bad magic number", "SUPERBLOCK IS CORRUPTED",
        "Corruption found in superblock", "checksum is 0x", "bitmap does not match checksum", "is not in group", "unsupported feature",
    ];

    /// <param name="clusterBlocks">Blocks of a cluster: with bigalloc e2fsck names each by its first block.</param>
    public static E2fsckVerdict Of(string path, int blockSize, int clusterBlocks)
    {
        var result = Tool.Run("e2fsck", "-fn", path);
        var rejects = (result.ExitCode & OperationalError) != 0
            || Rejections.Any(words => result.Everything.Contains(words, StringComparison.OrdinalIgnoreCase));
        var unmarked = new ExtentSetBuilder();
        foreach (Match list in Differences().Matches(result.Output))
        {
            foreach (Match range in InUse().Matches(list.Groups[1].Value))
            {
                var first = Number(range.Groups[1]);
                var last = range.Groups[2].Success ? Number(range.Groups[2]) : first;
                unmarked.Add(first * blockSize, (last + clusterBlocks - first) * blockSize);
            }
        }
        return new E2fsckVerdict(rejects, unmarked.ToSet(), result.Everything);
    }

    private static long Number(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("Block bitmap differences: ([^\n]*)")]
    private static partial Regex Differences();

    [GeneratedRegex(@"\+\(?(\d+)(?:--(\d+)\))?")]
    private static partial Regex InUse();
}
