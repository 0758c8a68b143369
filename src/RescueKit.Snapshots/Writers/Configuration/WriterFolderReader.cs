using RescueKit.Model;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Writers.Configuration;

/// <summary>
/// The writers of this machine: one file each, in the order of the files' names, which is the order in which they freeze. What they say is done with
/// root's rights, so that nobody else may have written it.
/// </summary>
public static class WriterFolderReader
{
    public const string StandardFolder = "/etc/rescuekit/writers.d";
    private const int MostBytes = 64 << 10;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>None where the folder does not exist.</summary>
    /// <exception cref="UsageException">A file does not say what it must; names file and member.</exception>
    /// <exception cref="SafetyException">Somebody else than root could have written it, or the program that it has run.</exception>
    public static IReadOnlyList<WriterEntry> Read(string folder = StandardFolder) => Read(folder, owner: 0);

    internal static IReadOnlyList<WriterEntry> Read(string folder, uint owner)
    {
        if (!Directory.Exists(folder)) return [];
        CheckRights(folder, owner);
        var entries = new List<WriterEntry>();
        var names = new Dictionary<string, string>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var (entry, command) = WriterFile.Parse(path, Content(path, owner));
            if (command is not null) CheckRights(command, owner);
            if (!names.TryAdd(entry.Writer.Name, path)) throw new UsageException($"{path}: the name '{entry.Writer.Name}' is that of {names[entry.Writer.Name]}, too", "give each writer a name of its own");
            entries.Add(entry);
        }
        return entries;
    }

    private static byte[] Content(string path, uint owner)
    {
        try
        {
            using var file = File.OpenHandle(path);
            CheckRights(path, Accounts.Of(file), owner);
            var content = new byte[MostBytes + 1];
            var length = RandomAccess.Read(file, content, 0);
            return length <= MostBytes ? content[..length] : throw new UsageException($"{path} has more than {MostBytes} bytes: it is no writer's file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}", "writers are read by root; without them: --no-writers");
        }
    }

    private static void CheckRights(string path, uint owner)
    {
        using var file = Kernel.Open(path, Kernel.ReadOnly);
        if (file is null) throw new UsageException($"{path} cannot be opened: {Kernel.Reason(Kernel.LastError)}", "correct it, or go without writers: --no-writers");
        CheckRights(path, Accounts.Of(file), owner);
    }

    private static void CheckRights(string path, (uint Owner, UnixFileMode Mode)? status, uint owner)
    {
        if (status is { } known && known.Owner == owner && (known.Mode & OthersWrite) == 0) return;
        throw new SafetyException($"{path} could have been written by somebody else than root", $"look into it, then: chown root {path}; chmod go-w {path}");
    }
}
