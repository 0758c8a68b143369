using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>
/// Those of a FAT or NTFS volume as 7-Zip reads them, which mounts nothing and needs no root. Owners, modes and links are left out. 7-Zip says nothing of some
/// contents that it does not have (encrypted files, what Windows compresses by itself or keeps elsewhere): every file is held against the listing.
/// </summary>
/// <param name="volume">A file.</param>
/// <param name="type">As 7-Zip calls it.</param>
internal sealed class SevenZipFiles(string volume, string type, IToolStreams tools) : IVolumeFiles
{
    public const string Program = "7zz", Package = "7zip";

    /// <summary>Exit codes: no error; an error, which may concern single files (7-Zip's manual, "Exit Codes").</summary>
    private const int Done = 0, Failed = 2;

    private const int MostNotes = 100;
    private const string Ntfs = "NTFS", Error = "ERROR: ";
    private const string FileMode = "0644", FolderMode = "0755";

    /// <summary>Files that 7-Zip cannot read, and ntfscat may.</summary>
    private static readonly string[] s_unread = [Error + "Data Error : ", Error + "Unsupported Method : "];

    /// <summary>Where 7-Zip shows NTFS's own files, as no driver does; somebody's own folder may have that name.</summary>
    private const string OwnFolder = "[SYSTEM]";
    private static readonly string[] s_ownFiles =
        ["$MFT", "$MFTMirr", "$LogFile", "$Volume", "$AttrDef", ".", "$Bitmap", "$Boot", "$BadClus", "$Secure", "$UpCase", "$Extend"];

    /// <returns>Null for a file system that it does not read.</returns>
    public static string? TypeOf(string fileSystem) => fileSystem switch
    {
        "NTFS" => "NTFS",
        "FAT" or "FAT12" or "FAT16" or "FAT32" => "FAT",
        _ => null,
    };

    public IReadOnlyList<ListedFile> List(string path, CancellationToken cancel = default)
    {
        var wanted = Normal(path);
        var found = new List<ListedFile>();
        var isFolder = wanted.Length == 0;
        foreach (var file in Entries([wanted], cancel).Select(entry => entry.File))
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
            foreach (var entry in Entries(missing.ToList())) missing.Remove(entry.File.Name);
        if (missing.Count > 0) throw Missing($"/{missing.First()}");
        return [.. wanted.Select(path => new FoundFile(path, path.Length == 0 ? "." : Path.GetFileName(path)))];
    }

    public (long Files, long Bytes) Measure(IReadOnlyList<FoundFile> files)
    {
        var (count, bytes) = (0L, 0L);
        foreach (var file in Entries(Sources(files)).Select(entry => entry.File).Where(file => file.Kind == "file"))
        {
            count++;
            bytes += file.Size;
        }
        return (count, bytes);
    }

    public IReadOnlyList<string> Copy(IReadOnlyList<FoundFile> files, string folder, CancellationToken cancel)
    {
        if (folder.Contains('*', StringComparison.Ordinal)) throw new UsageException($"{Program} cannot write into {folder}", "choose a folder that has no * in its path");
        // 7-Zip makes all folders that lead to a file, and writes over what is there: so not in the folder itself, but on the same file system.
        var work = Path.Combine(folder, $".rescuekit-{Guid.NewGuid():N}");
        var (failures, left) = (new List<string>(), new List<string>());
        try
        {
            Directory.CreateDirectory(work);
            var outcome = tools.Run(Call("x", Sources(files), "-y", "-bd", "-bso0", "-snl-", $"-o{work}") with { Limit = Timeout.InfiniteTimeSpan, Cancel = cancel });
            Check(work, files, Unread(outcome, failures), failures, left, cancel);
            DeleteEmpty(Path.Combine(work, OwnFolder));
            foreach (var file in files) Move(Path.Combine(work, file.Source), file.Name == "." ? folder : Path.Combine(folder, file.Name), failures);
        }
        catch (OperationCanceledException e)
        {
            throw new RunCancelledException($"nothing was put into {folder}", null, e, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"{folder} cannot be written: {e.Message}", inner: e);
        }
        finally
        {
            // Names that are no UTF-8 are nothing that .NET could delete.
            tools.Run(new ToolCall("rm", "-r", "-f", "--", work) { Limit = Timeout.InfiniteTimeSpan });
        }
        return failures.Count == 0 ? [.. Some(left)] : throw new DeviceException($"not all was copied: {string.Join("; ", Some(failures))}");
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

    private static IEnumerable<string> Some(List<string> notes) =>
        notes.Count <= MostNotes ? notes : notes.Take(MostNotes).Append($"and {notes.Count - MostNotes} more");

    /// <summary>Times in FAT are of no time zone: they count as UTC, as they do where Linux mounts it.</summary>
    private ToolCall Call(string command, IReadOnlyList<string> paths, params IReadOnlyList<string> options) => new(Program,
    [
        command, $"-t{type}", "-spd", "-sns-", "-sccUTF-8", .. options, .. type == Ntfs ? s_ownFiles.Select(name => $"-x!{OwnFolder}/{name}") : [],
        .. paths.Contains("") ? [] : paths.Select(path => $"-i!{path}"), "--", volume,
    ])
    {
        Environment = new Dictionary<string, string> { ["TZ"] = "UTC" },
    };

    /// <summary>Files and all below them, with whole paths for names; of an empty path, all that there are.</summary>
    private IEnumerable<Entry> Entries(IReadOnlyList<string> paths, CancellationToken cancel = default)
    {
        using var tool = tools.Open(Call("l", paths, "-slt", "-ba") with { Cancel = cancel });
        using var lines = new StreamReader(tool.Output, leaveOpen: true);
        var fields = new Dictionary<string, string>();
        while (lines.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                if (Parse(fields) is { } entry) yield return entry;
                fields.Clear();
            }
            else if (line.Split(" = ", 2) is [var name, var value])
            {
                fields.TryAdd(name, value);
            }
        }
        var outcome = tool.End();
        if (outcome.ExitCode != Done) throw new DeviceException($"listing failed: {Program}: {outcome.Complaint}", "verify the image: rescuekit image verify");
    }

    private static Entry? Parse(Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("Path", out var path)) return null;
        var (link, whyNot) = fields.GetValueOrDefault("Link") switch
        {
            null or "" => ((string?)null, (string?)null),
            // What Windows compresses by itself, keeps once for several files, or has not fetched from a server.
            var mark when mark.StartsWith("WOF:", StringComparison.Ordinal) || mark.StartsWith("DEDUP:", StringComparison.Ordinal) || mark.StartsWith("REPARSE:", StringComparison.Ordinal)
                => (null, $"Windows keeps its content elsewhere ({mark[..mark.IndexOf(':', StringComparison.Ordinal)]})"),
            var target => (target, null),
        };
        if (fields.GetValueOrDefault("Attributes")?.Contains('E', StringComparison.Ordinal) == true) whyNot = "Windows has encrypted it";
        var kind = link is not null ? "link" : fields.GetValueOrDefault("Folder") == "+" ? "folder" : "file";
        var size = long.TryParse(fields.GetValueOrDefault("Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        var time = DateTimeOffset.TryParse(fields.GetValueOrDefault("Modified"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : DateTimeOffset.UnixEpoch;
        return new Entry(new ListedFile(path, kind, size, kind == "folder" ? FolderMode : FileMode, 0, 0, time, link), whyNot);
    }

    /// <summary>Files that another program may read; what else went wrong is a failure.</summary>
    private static HashSet<string> Unread(ToolOutcome outcome, List<string> failures)
    {
        var unread = new HashSet<string>(StringComparer.Ordinal);
        if (outcome.ExitCode == Done) return unread;
        foreach (var line in outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')).Where(line => line.StartsWith(Error, StringComparison.Ordinal)))
        {
            if (s_unread.FirstOrDefault(start => line.StartsWith(start, StringComparison.Ordinal)) is { } known) unread.Add(line[known.Length..]);
            else failures.Add(line[Error.Length..]);
        }
        if (outcome.ExitCode != Failed || unread.Count + failures.Count == 0) failures.Add($"{Program}: {outcome.Complaint}");
        return unread;
    }

    /// <summary>Whether each file is what the volume lists; what is not, and cannot be read otherwise, is taken away again.</summary>
    private void Check(string work, IReadOnlyList<FoundFile> files, HashSet<string> unread, List<string> failures, List<string> left, CancellationToken cancel)
    {
        foreach (var (file, whyNot) in Entries(Sources(files), cancel))
        {
            var isUnread = unread.Remove(file.Name);
            if (file.Kind == "folder") continue;
            var made = new FileInfo(Path.Combine(work, file.Name));
            if (file.Kind == "link") left.Add($"The link {file.Name} was left out: {file.Target}.");
            else if ((whyNot ?? Problem(file, made, isUnread, cancel)) is { } problem) failures.Add($"{file.Name}: {problem}");
            else continue;
            if (made.Exists) made.Delete();
        }
        failures.AddRange(unread.Select(path => $"{path}: it cannot be read"));
    }

    private string? Problem(ListedFile file, FileInfo made, bool isUnread, CancellationToken cancel)
    {
        try
        {
            if (isUnread) return type == Ntfs && tools.Has(NtfsCat.Program) ? NtfsCat.Copy(tools, volume, file, made.FullName, cancel) : "it cannot be read";
        }
        catch (IOException e)
        {
            return e.Message; // no room, for one: what else there is may be whole
        }
        return made.Exists && made.Length == file.Size ? null : "it did not come out whole";
    }

    private static void DeleteEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    /// <summary>Nothing where there is nothing: why, has been said.</summary>
    private static void Move(string from, string to, List<string> failures)
    {
        try
        {
            var isFolder = IsFolder(from);
            if (isFolder && IsFolder(to))
            {
                foreach (var below in Directory.EnumerateFileSystemEntries(from).ToList()) Move(below, Path.Combine(to, Path.GetFileName(below)), failures);
            }
            else if (isFolder)
            {
                Directory.Move(from, to);
            }
            else if (File.Exists(from))
            {
                File.Move(from, to, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failures.Add($"{to} cannot be written: {e.Message}");
        }
    }

    private static bool IsFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    /// <param name="File">Its whole path for a name.</param>
    /// <param name="WhyNot">Why its content cannot be had; null where it can.</param>
    private sealed record Entry(ListedFile File, string? WhyNot);
}
