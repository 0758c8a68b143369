using System.Text;

namespace RescueKit.Disks.Inventory;

/// <summary>
/// Where /sys, /proc, /run and /dev are looked up: "/" on a machine, some made-up tree in tests. Whatever is missing or unreadable is
/// null or empty, since devices come and go while they are looked at.
/// </summary>
public sealed class SystemRoot(string root = "/")
{
    public string PathOf(string path) => Path.Combine(root, path.TrimStart('/'));

    /// <summary>Trimmed; null when missing or empty.</summary>
    public string? ReadLine(string path) => ReadBytes(path) is { } bytes && Encoding.UTF8.GetString(bytes).Trim(' ', '\n', '\r', '\t', '\0') is { Length: > 0 } line
        ? line
        : null;

    public IReadOnlyList<string> ReadLines(string path) => ReadBytes(path) is { } bytes
        ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        : [];

    public byte[]? ReadBytes(string path)
    {
        try
        {
            // sysfs says 4096 bytes of every file, /proc says none: only reading to the end tells.
            using var file = new FileStream(PathOf(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            using var content = new MemoryStream();
            file.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Names inside a folder, in order.</summary>
    public IReadOnlyList<string> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(PathOf(folder)).Select(entry => Path.GetFileName(entry)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public bool Exists(string path) => Path.Exists(PathOf(path));

    /// <summary>Where a symbolic link finally leads, as a path inside this root; the path itself where it is none.</summary>
    public string Resolve(string path)
    {
        try
        {
            var full = PathOf(path);
            var target = new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
            return "/" + Path.GetRelativePath(root, target);
        }
        catch (IOException)
        {
            return path;
        }
    }
}
