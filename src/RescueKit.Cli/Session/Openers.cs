using System.Globalization;

namespace RescueKit.Cli.Session;

/// <summary>Which processes have a device open, as far as /proc shows it.</summary>
internal static class Openers
{
    /// <summary>"open in dd (process 4711)".</summary>
    public static IEnumerable<string> Of(string node) => Directory.EnumerateDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _) && Has(folder, node))
        .Select(folder => $"open in {NameOf(folder)} (process {Path.GetFileName(folder)})");

    private static bool Has(string process, string node)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{process}/fd").Any(file => new FileInfo(file).LinkTarget == node);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").Trim();
        }
        catch (IOException)
        {
            return "a process";
        }
    }
}
