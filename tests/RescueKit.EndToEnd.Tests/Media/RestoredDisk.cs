using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>What this machine's own tools say of a disk file that was made by <see cref="GuestDisks.WithFiles"/> and restored in a guest.</summary>
internal static class RestoredDisk
{
    /// <summary>A sound partition table, a sound ext4, and every file with its digest.</summary>
    public static void HoldsAllFiles(string disk)
    {
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", disk).Output, StringComparison.Ordinal);
        using var folder = new TempFolder();
        var volume = MatrixDisk.Partition(disk, folder.File("volume"));
        Tool.Must("e2fsck", "-fn", volume);
        Assert.Empty(LostFiles(volume, folder.Folder("files")));
    }

    /// <summary>The files of the volume that no longer have the digest they had.</summary>
    public static IReadOnlyList<string> LostFiles(string volume, string folder)
    {
        Tool.Must("debugfs", "-R", $"rdump / {folder}", volume);
        var checkedSums = Tool.Run(new ToolRequest("sha256sum", ["--check", "--quiet", "sums"]) { WorkingFolder = folder });
        return [.. checkedSums.Output.Split('\n').Where(line => line.Contains(": FAILED", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(": FAILED", StringComparison.Ordinal)])];
    }
}
