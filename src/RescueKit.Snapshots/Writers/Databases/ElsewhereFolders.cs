using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>
/// Where tables lie that do not lie in the data folder: databases and tables that are symbolic links, and InnoDB's .isl files, each of which holds
/// the path of one (MySQL and MariaDB, CREATE TABLE … DATA DIRECTORY).
/// </summary>
internal static class ElsewhereFolders
{
    private static readonly EnumerationOptions s_two = new() { RecurseSubdirectories = true, MaxRecursionDepth = 1, AttributesToSkip = 0, IgnoreInaccessible = true };

    public static IEnumerable<string> Below(string data)
    {
        var folders = new HashSet<string>();
        foreach (var path in Directory.EnumerateFileSystemEntries(data, "*", s_two))
        {
            var target = path.EndsWith(".isl", StringComparison.Ordinal) ? File.ReadAllText(path).Trim() : File.ResolveLinkTarget(path, false) is null ? null : RealPath.Of(path);
            if (string.IsNullOrEmpty(target)) continue;
            folders.Add(Directory.Exists(target) ? target : Path.GetDirectoryName(target)!);
        }
        return folders;
    }
}
