using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>
/// Those of a FAT or NTFS volume as 7-Zip reads them, which mounts nothing and needs no root. Owners and modes are not kept; links that lead somewhere in
/// the volume become relative ones.
/// </summary>
/// <param name="volume">A file.</param>
/// <param name="type">As 7-Zip calls it.</param>
internal sealed class SevenZipFiles(string volume, string type, IToolStreams tools) : IVolumeFiles
{
    public const string Program = "7zz", Package = "7zip";

    /// <summary>Where 7-Zip shows NTFS's own files, as no driver does.</summary>
    private const string OwnFiles = "[SYSTEM]";
    private const string Error = "ERROR:", DataError = Error + " Data Error : ";
    private const string FileMode = "0644", FolderMode = "0755";

    /// <returns>Null for a file system that it does not read.</returns>
    public static string? TypeOf(string fileSystem) => fileSystem switch
    {
        "NTFS" => "NTFS",
        "FAT" or "FAT12" or "FAT16" or "FAT32" => "FAT",
        _ => null,
    };

    public IReadOnlyList<ListedFile> List(string path)
    {
        var wanted = Normal(path);
        var found = new List<ListedFile>();
        var isFolder = wanted.Length == 0;
        foreach (var file in Entries([wanted]))
        {
            if (file.Name == wanted)
            {
                if (file.Kind != "folder") return [file with { Name = Path.GetFileName(wanted) }];
                isFolder = true;
            }
            else if (Path.GetDirectoryName(file.Name) == wanted)
            {
                found.Add(file with { Name = Path.GetFileName(file.Name) });
            }
        }
        if (!isFolder && found.Count == 0) throw Missing(path);
        return [.. found.OrderBy(file => file.Name, StringComparer.Ordinal)];
    }

    public IReadOnlyList<FoundFile> Find(IReadOnlyList<string> paths)
    {
        var wanted = paths.Select(Normal).ToList();
        var missing = wanted.Where(path => path.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (missing.Count > 0)
            foreach (var file in Entries(missing.ToList())) missing.Remove(file.Name);
        if (missing.Count > 0) throw Missing($"/{missing.First()}");
        return [.. wanted.Select(path => new FoundFile(path, path.Length == 0 ? "." : Path.GetFileName(path)))];
    }

    public (long Files, long Bytes) Measure(IReadOnlyList<FoundFile> files)
    {
        var (count, bytes) = (0L, 0L);
        foreach (var file in Entries(Sources(files)).Where(file => file.Kind == "file"))
        {
            count++;
            bytes += file.Size;
        }
        return (count, bytes);
    }

    public void Copy(IReadOnlyList<FoundFile> files, string folder, CancellationToken cancel)
    {
        // 7-Zip makes all folders that lead to a file, and writes over what is there: so not in the folder itself, but on the same file system.
        var work = Directory.CreateDirectory(Path.Combine(folder, $".rescuekit-{Guid.NewGuid():N}")).FullName;
        try
        {
            var outcome = tools.Run(Call("x", Sources(files), "-y", "-bd", "-bso0", $"-o{work}") with { Limit = Timeout.InfiniteTimeSpan, Cancel = cancel });
            var complaint = outcome.ExitCode == 0 ? null : ReadAgain(work, outcome, cancel);
            MakeLinksRelative(work);
            foreach (var file in files)
            {
                var made = Path.Combine(work, file.Source);
                if (Path.Exists(made) || new FileInfo(made).LinkTarget is not null) Move(made, file.Name == "." ? folder : Path.Combine(folder, file.Name));
            }
            if (complaint is not null) throw new DeviceException($"copying failed: {complaint}");
        }
        catch (OperationCanceledException e)
        {
            throw new RunCancelledException($"nothing was put into {folder}", null, e, cancel);
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        }
    }

    private static List<string> Sources(IReadOnlyList<FoundFile> files) => [.. files.Select(file => file.Source)];

    private static UsageException Missing(string path) => new($"there is no {path} in the image");

    private static string Normal(string path)
    {
        var done = new List<string>();
        foreach (var name in path.Split('/').Where(name => name is not ("" or ".")))
        {
            if (name != "..") done.Add(name);
            else if (done.Count > 0) done.RemoveAt(done.Count - 1);
        }
        return string.Join('/', done);
    }

    /// <summary>Times in FAT are of no time zone: they count as UTC, as they do where Linux mounts it.</summary>
    private ToolCall Call(string command, IReadOnlyList<string> paths, params IReadOnlyList<string> options) => new(Program,
        [command, $"-t{type}", "-spd", "-sns-", "-sccUTF-8", .. options, $"-x!{OwnFiles}", .. paths.Contains("") ? [] : paths.Select(path => $"-i!{path}"), "--", volume])
    {
        Environment = new Dictionary<string, string> { ["TZ"] = "UTC" },
    };

    /// <summary>Files and all below them, with whole paths for names; of an empty path, all that there are.</summary>
    private IEnumerable<ListedFile> Entries(IReadOnlyList<string> paths)
    {
        using var tool = tools.Open(Call("l", paths, "-slt", "-ba"));
        using var lines = new StreamReader(tool.Output, leaveOpen: true);
        var entry = new Dictionary<string, string>();
        while (lines.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                if (Parse(entry) is { } file) yield return file;
                entry.Clear();
            }
            else if (line.Split(" = ", 2) is [var name, var value])
            {
                entry.TryAdd(name, value);
            }
        }
        var outcome = tool.End();
        if (outcome.ExitCode != 0) throw new DeviceException($"listing failed: {Program}: {outcome.Complaint}", "verify the image: rescuekit image verify");
    }

    private static ListedFile? Parse(Dictionary<string, string> entry)
    {
        if (!entry.TryGetValue("Path", out var path)) return null;
        var link = entry.GetValueOrDefault("Link") is { Length: > 0 } target ? target : null;
        var kind = link is not null ? "link" : entry.GetValueOrDefault("Folder") == "+" ? "folder" : "file";
        var size = long.TryParse(entry.GetValueOrDefault("Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        var time = DateTimeOffset.TryParse(entry.GetValueOrDefault("Modified"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : DateTimeOffset.UnixEpoch;
        return new ListedFile(path, kind, size, kind == "folder" ? FolderMode : FileMode, 0, 0, time, link);
    }

    /// <summary>What 7-Zip complains of, files that it could not read, is read by a program that knows NTFS alone.</summary>
    /// <returns>What is not whole all the same; null where nothing is.</returns>
    private string? ReadAgain(string work, ToolOutcome outcome, CancellationToken cancel)
    {
        var lines = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var paths = lines.Where(line => line.StartsWith(DataError, StringComparison.Ordinal)).Select(line => line[DataError.Length..]).ToList();
        var isAll = paths.Count > 0 && paths.Count == lines.Count(line => line.StartsWith(Error, StringComparison.Ordinal)) && paths.TrueForAll(path => File.Exists(Path.Combine(work, path)));
        if (type != "NTFS" || !isAll || !tools.Has(NtfsCat.Program)) return $"{Program}: {outcome.Complaint}";
        var failed = paths.Select(path => (Path: path, Complaint: NtfsCat.Copy(tools, volume, path, Path.Combine(work, path), cancel))).Where(file => file.Complaint is not null).ToList();
        return failed.Count == 0 ? null : string.Join("; ", failed.Select(file => $"{file.Path}: {file.Complaint}"));
    }

    /// <summary>7-Zip makes a link to a place of the volume one to where it has put that.</summary>
    private void MakeLinksRelative(string work)
    {
        var links = tools.Must("looking for links", new ToolCall("find", work, "-type", "l", "-printf", @"%p\0%l\0") { Limit = Timeout.InfiniteTimeSpan });
        foreach (var link in links.Split('\0').Chunk(2).Where(link => link.Length == 2 && link[1].StartsWith(work + "/", StringComparison.Ordinal)))
        {
            File.Delete(link[0]);
            File.CreateSymbolicLink(link[0], Path.GetRelativePath(Path.GetDirectoryName(link[0])!, link[1]));
        }
    }

    private static void Move(string from, string to)
    {
        try
        {
            var isFolder = IsFolder(from);
            if (isFolder && IsFolder(to))
            {
                foreach (var below in Directory.EnumerateFileSystemEntries(from).ToList()) Move(below, Path.Combine(to, Path.GetFileName(below)));
            }
            else if (isFolder)
            {
                Directory.Move(from, to);
            }
            else
            {
                File.Move(from, to, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"{to} cannot be written: {e.Message}", inner: e);
        }
    }

    private static bool IsFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };
}
