using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Files copied out of a mounted image by cp(1), which keeps times, owners, modes, links, holes and extended attributes.</summary>
internal sealed class FileCopy
{
    private readonly string _folder;
    private readonly IReadOnlyList<string> _names;
    private readonly bool _overwrite;

    private FileCopy(IReadOnlyList<string> sources, IReadOnlyList<string> names, string folder, bool overwrite) =>
        (Sources, _names, _folder, _overwrite) = (sources, names, folder, overwrite);

    /// <summary>What is copied, where it lies now.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>What is there already and is written over; of a whole image's root, the folder itself.</summary>
    public IEnumerable<string> Replaced => _names.Where(name => IsTaken(_folder, name)).Select(name => name == "." ? _folder : Path.Combine(_folder, name));

    /// <param name="root">Where the image is mounted.</param>
    /// <param name="paths">As the image's own system has them.</param>
    /// <param name="folder">Exists.</param>
    /// <exception cref="UsageException">One of them is not there, or two have the same name.</exception>
    /// <exception cref="SafetyException">Something of the name is there already.</exception>
    public static FileCopy Plan(string root, IReadOnlyList<string> paths, string folder, bool overwrite)
    {
        var sources = paths.Select(path => RootedPath.Resolve(root, path)).ToList();
        var names = sources.ConvertAll(source => source == root ? "." : Path.GetFileName(source));
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"two of them are called {twice.Key}", "copy them one after the other, into folders of their own");
        if (!overwrite) MustBeFree(folder, names);
        return new FileCopy(sources, names, folder, overwrite);
    }

    /// <exception cref="SafetyException">Something of the name has come there since the plan; nothing was copied.</exception>
    /// <exception cref="DeviceException">Some of it could not be read or written; the rest was copied.</exception>
    /// <exception cref="RunCancelledException">Some of it was copied.</exception>
    public void Run(IToolRunner tools, CancellationToken cancel)
    {
        if (!_overwrite) MustBeFree(_folder, _names);
        try
        {
            Copy(tools, [.. Sources.Zip(_names, (source, name) => name == "." ? source + "/." : source)], cancel);
        }
        catch (OperationCanceledException e)
        {
            throw new RunCancelledException($"what was copied so far is in {_folder}; the file that was under way is not whole", "copy it again with --overwrite", e, cancel);
        }
    }

    /// <summary>All at once: hard links between them stay. What is written over goes first: a link there must not lead the copy elsewhere.</summary>
    private void Copy(IToolRunner tools, string[] sources, CancellationToken cancel) =>
        tools.Must("copying", new ToolCall("cp", ["--archive", "--remove-destination", "--target-directory", _folder, "--", .. sources])
        {
            Limit = Timeout.InfiniteTimeSpan,
            Cancel = cancel,
        });

    private static void MustBeFree(string folder, IEnumerable<string> names)
    {
        if (names.FirstOrDefault(name => IsTaken(folder, name)) is { } taken)
            throw new SafetyException(taken == "." ? $"{folder} is not empty" : $"{Path.Combine(folder, taken)} is there already", "name another folder, or give --overwrite");
    }

    private static bool IsTaken(string folder, string name) => name == "."
        ? Directory.EnumerateFileSystemEntries(folder).Any()
        : Path.Exists(Path.Combine(folder, name)) || new FileInfo(Path.Combine(folder, name)).LinkTarget is not null;
}
