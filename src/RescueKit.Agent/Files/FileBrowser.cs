using System.IO.Enumeration;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Looks into the folders of a mounted image, a bounded number of files at a time.</summary>
/// <param name="root">Where it is mounted.</param>
internal sealed class FileBrowser(string root, IToolRunner tools)
{
    /// <summary>Of one answer.</summary>
    public const int MostEntries = 1000;

    /// <param name="folder">As the image's own system has it.</param>
    /// <param name="behind">Only names behind this one; null for all.</param>
    /// <exception cref="UsageException">There is no such folder.</exception>
    /// <exception cref="DeviceException">It cannot be read.</exception>
    public FilePage List(string folder, string? behind)
    {
        var place = FolderAt(folder);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        var more = false;
        Reading(folder, () =>
        {
            foreach (var name in new DirectoryInfo(place).EnumerateFileSystemInfos().Select(entry => entry.Name))
            {
                if (behind is not null && string.CompareOrdinal(name, behind) <= 0) continue;
                names.Add(name);
                if (names.Count <= MostEntries) continue;
                names.Remove(names.Max!);
                more = true;
            }
        });
        return new FilePage(Inside(place), Entries([.. names.Select(name => Path.Combine(place, name))]), more);
    }

    /// <summary>Files whose names have a text in them, in upper or lower case, in a folder and all below it. Links are found, not followed.</summary>
    /// <param name="stop">Ends it with what has been found.</param>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public FilePage Find(string folder, string text, CancellationToken stop)
    {
        var place = FolderAt(folder);
        var found = new List<string>();
        Reading(folder, () =>
        {
            using var search = new NameSearch(place, text, stop);
            while (found.Count <= MostEntries && search.MoveNext()) found.Add(search.Current);
        });
        var more = found.Count > MostEntries || stop.IsCancellationRequested;
        return new FilePage(Inside(place), Entries([.. found.Take(MostEntries).Order(StringComparer.Ordinal)]), more);
    }

    private string FolderAt(string folder)
    {
        var place = RootedPath.Resolve(root, folder, follow: true);
        return Directory.Exists(place) ? place : throw new UsageException($"{folder} is no folder");
    }

    private static void Reading(string folder, Action what)
    {
        try
        {
            what();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"{folder} cannot be read: {e.Message}", "verify the image: rescuekit image verify", e);
        }
    }

    private List<FileEntry> Entries(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0) return [];
        var known = FileListing.Details(tools, paths).ToDictionary(file => file.Name);
        return [.. paths.Select(path => known.TryGetValue(path, out var file)
            ? new FileEntry(Inside(path), file.Kind, file.Size, file.ModifiedAt, file.Target)
            : new FileEntry(Inside(path), "unreadable", 0, default, null))];
    }

    private string Inside(string path) => path == root ? "/" : path[root.TrimEnd('/').Length..];

    private sealed class NameSearch(string folder, string text, CancellationToken stop) : FileSystemEnumerator<string>(folder, new EnumerationOptions
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
    })
    {
        protected override bool ShouldIncludeEntry(ref FileSystemEntry entry) =>
            !stop.IsCancellationRequested && entry.FileName.Contains(text, StringComparison.OrdinalIgnoreCase);

        protected override bool ShouldRecurseIntoEntry(ref FileSystemEntry entry) => !stop.IsCancellationRequested && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

        protected override string TransformEntry(ref FileSystemEntry entry) => entry.ToFullPath();

        /// <summary>One folder that cannot be read does not end it.</summary>
        protected override bool ContinueOnError(int error) => true;
    }
}
