namespace RescueKit.Media.Tools;

internal static class FolderWalk
{
    /// <summary>Files and symbolic links below a folder, relative to it, sorted; no link is followed.</summary>
    public static IReadOnlyList<string> Files(string root) =>
        [.. Below(new DirectoryInfo(root)).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Below(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                foreach (var path in Below(inner)) yield return path;
            }
            else
            {
                yield return entry.FullName;
            }
        }
    }
}
