using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>What this machine's own tools say of a disk file that was made by <see cref="GuestDisks.WithFiles"/> and restored in a guest.</summary>
internal static class RestoredDisk
{
    /// <summary>What sgdisk says where it finds neither the first nor the second GPT, nor an MBR.</summary>
    private const string NoTable = "Creating new GPT entries in memory";

    /// <summary>A sound partition table, a sound ext4, and every file with its digest.</summary>
    public static void HoldsAllFiles(string disk)
    {
        using var folder = new TempFolder();
        Assert.Empty(LostFiles(disk, folder.FullPath));
    }

    /// <summary>The files that no longer have the digest they had, of a disk whose table and ext4 are sound.</summary>
    /// <param name="files">An empty folder to put all files of the disk into.</param>
    public static IReadOnlyList<string> LostFiles(string disk, string files)
    {
        var table = Tool.Must("sgdisk", "-v", disk).Output;
        Assert.Contains("No problems found", table, StringComparison.Ordinal);
        Assert.DoesNotContain(NoTable, table, StringComparison.Ordinal);
        using var folder = new TempFolder();
        var volume = MatrixDisk.Partition(disk, folder.File("volume"));
        Tool.Must("e2fsck", "-fn", volume);
        Tool.Must("debugfs", "-R", $"rdump / {files}", volume);
        const string Failed = ": FAILED";
        var sums = Tool.Run(new ToolRequest("sha256sum", ["--check", "sums"]) { WorkingFolder = files }).Output.Split('\n');
        Assert.True(sums.Count(line => line.EndsWith(": OK", StringComparison.Ordinal)) > 20, $"too few files are whole: {string.Join('\n', sums)}");
        return [.. sums.Where(line => line.Contains(Failed, StringComparison.Ordinal)).Select(line => line[..line.LastIndexOf(Failed, StringComparison.Ordinal)])];
    }

    /// <summary>Nothing on it could be booted or mounted: neither a table nor a file system is to be found.</summary>
    public static void PretendsNothing(string disk)
    {
        var shown = MediaImage.Rescuekit("disk", "show", disk);
        Assert.Contains("no partition table", shown, StringComparison.Ordinal);
        // blkid's exit code for "nothing found"
        Assert.Equal(2, Tool.Run("blkid", "-p", disk).ExitCode);
        Assert.Equal(2, Tool.Run("blkid", "-p", "-O", $"{GuestDisks.PartitionOffset}", disk).ExitCode);
        Assert.Contains(NoTable, Tool.Must("sgdisk", "-v", disk).Output, StringComparison.Ordinal);
    }
}
