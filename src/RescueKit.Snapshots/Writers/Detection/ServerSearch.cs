using RescueKit.Model;

namespace RescueKit.Snapshots.Writers.Detection;

/// <summary>A database server that runs, and what of the volumes it uses.</summary>
/// <param name="Folder">Its working folder, or where the files are that it has open.</param>
internal sealed record RunningServer(string Program, string WriterType, string Folder, IReadOnlyList<LiveVolume> Volumes);

/// <summary>
/// Looks through the running processes for database servers with files on volumes: their working folder, where it is not the root folder that daemons
/// go to, and the files that they have open.
/// </summary>
internal sealed class ServerSearch(string root = "/proc")
{
    private const int AccessMode = 3, ReadWrite = 2;

    /// <summary>All processes of one server in one folder are one; in the order of their names.</summary>
    public IReadOnlyList<RunningServer> Find(IReadOnlyList<LiveVolume> volumes)
    {
        var found = new List<RunningServer>();
        foreach (var process in Directory.EnumerateDirectories(root).Where(folder => Path.GetFileName(folder).All(char.IsAsciiDigit)))
        {
            if (ServerProgram.Known(Text(Path.Combine(process, "comm")).Trim()) is not { } known) continue;
            var mounts = new ProcessMounts(Text(Path.Combine(process, "mountinfo")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            var folder = Target(Path.Combine(process, "cwd")) is { } working && working != "/" ? working : null;
            List<string> places = [.. folder is null ? [] : (string[])[folder], .. OpenFolders(process)];
            var touched = volumes.Where(volume => places.Exists(path => mounts.NumberOf(path) is { } number && volume.FileSystems.Any(system => system.Number == number))).ToList();
            if (touched.Count > 0) found.Add(new RunningServer(known.Program, known.WriterType, Common(places, folder), touched));
        }
        return
        [
            .. found.GroupBy(server => (server.Program, server.Folder))
                .Select(same => same.First() with { Volumes = [.. volumes.Where(volume => same.Any(server => server.Volumes.Contains(volume)))] })
                .OrderBy(server => server.Program, StringComparer.Ordinal).ThenBy(server => server.Folder, StringComparer.Ordinal),
        ];
    }

    /// <summary>Of files that are open for reading and writing: a log is only appended to, and a library only read.</summary>
    private static IEnumerable<string> OpenFolders(string process)
    {
        foreach (var descriptor in Entries(Path.Combine(process, "fd")))
        {
            if (Target(descriptor) is not { } path || path.StartsWith("/dev/", StringComparison.Ordinal) || path.EndsWith(" (deleted)", StringComparison.Ordinal)) continue;
            if (IsReadWrite(Text(Path.Combine(process, "fdinfo", Path.GetFileName(descriptor))))) yield return Path.GetDirectoryName(path)!;
        }
    }

    /// <summary>The working folder where it is one of them; else the deepest folder above all of them.</summary>
    private static string Common(List<string> places, string? folder)
    {
        if (folder is not null) return folder;
        var common = places[0];
        foreach (var place in places)
        {
            while (!ProcessMounts.IsAbove(common, place)) common = Path.GetDirectoryName(common)!;
        }
        return common;
    }

    /// <summary>"flags: 02100002", in octal (proc(5)).</summary>
    private static bool IsReadWrite(string information)
    {
        var flags = information.Split('\n').FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal))?["flags:".Length..].Trim();
        try
        {
            return flags is { Length: > 0 } && (Convert.ToInt64(flags, 8) & AccessMode) == ReadWrite;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Of a link to a file; null for sockets, pipes and what is gone.</summary>
    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget is { } target && target.StartsWith('/') ? target : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Processes end while they are looked at.</summary>
    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
