using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Inspection;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Agent.Places;

/// <summary>Looks for images, by their content, and lists folders. Whatever a place does, it is waited for only so long.</summary>
internal static class ImageSearch
{
    private const int MostFolders = 200;
    private const int MostFiles = 2000;
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SearchLimit = TimeSpan.FromSeconds(60);

    /// <summary>Folders first, then by name.</summary>
    /// <exception cref="RescueKitException">The folder is none of the place, or cannot be read.</exception>
    public static IReadOnlyList<PlaceEntry> Browse(Place place, string folder)
    {
        var path = Path.GetFullPath(Path.Combine(place.Path, folder));
        if (path != place.Path.TrimEnd('/') && !path.StartsWith(place.Path.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new UsageException($"{folder} is no folder of {place.Name}");
        return Patience.Run(place.Name, ListLimit, () => List(path));
    }

    /// <summary>At the top of a place and in the folders just below.</summary>
    /// <exception cref="RescueKitException">The place cannot be read.</exception>
    public static IReadOnlyList<FoundImage> Find(Place place) => Patience.Run(place.Name, SearchLimit, () =>
        (IReadOnlyList<FoundImage>)[.. Folders(place.Path).SelectMany(ImagesIn).Select(file => Look(place, file))]);

    private static IReadOnlyList<PlaceEntry> List(string path)
    {
        try
        {
            var entries = new DirectoryInfo(path).EnumerateFileSystemInfos().Where(entry => !IsHidden(entry.Name)).Select(Entry);
            return [.. entries.OrderByDescending(entry => entry.IsFolder).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"{path} cannot be listed: {e.Message}", inner: e);
        }
    }

    private static PlaceEntry Entry(FileSystemInfo entry) => new(
        entry.Name, Directory.Exists(entry.FullName), entry is FileInfo && BeginsImage(entry.FullName),
        entry is FileInfo { Exists: true } file ? file.Length : 0, entry.LastWriteTimeUtc);

    private static IEnumerable<string> Folders(string top)
    {
        yield return top;
        foreach (var folder in Quietly(() => Directory.EnumerateDirectories(top), MostFolders).Where(folder => !IsHidden(Path.GetFileName(folder))))
            yield return folder;
    }

    private static IEnumerable<FileInfo> ImagesIn(string folder) =>
        Quietly(() => Directory.EnumerateFiles(folder), MostFiles).Where(BeginsImage).Select(path => new FileInfo(path));

    private static FoundImage Look(Place place, FileInfo file)
    {
        try
        {
            return new FoundImage(place.Id, file.FullName, file.LastWriteTimeUtc, ImageInspector.Inspect(file.FullName, null), null);
        }
        catch (Exception e) when (e is RescueKitException or IOException or UnauthorizedAccessException)
        {
            return new FoundImage(place.Id, file.FullName, file.LastWriteTimeUtc, null, e.Message);
        }
    }

    private static bool BeginsImage(string path)
    {
        try
        {
            // Opening a pipe that bears a file's name would wait for its other end.
            if (new FileInfo(path) is not { Exists: true, Length: >= ImageHead.StartLength }) return false;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            Span<byte> start = stackalloc byte[ImageHead.StartLength];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && ImageHead.BeginsImage(start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>What of a folder can be listed, up to a number: one unreadable folder does not end the search.</summary>
    private static List<string> Quietly(Func<IEnumerable<string>> list, int most)
    {
        var found = new List<string>();
        try
        {
            foreach (var path in list())
            {
                if (found.Count == most) break;
                found.Add(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return found;
        }
        return found;
    }

    private static bool IsHidden(string name) => name.StartsWith('.') || name is "lost+found" or "System Volume Information" or "$RECYCLE.BIN";
}
