using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Files copied out of a mounted image by cp(1), which keeps times, owners, modes, links, holes and extended attributes.</summary>
public static class FileCopy
{
    /// <param name="root">Where the image is mounted.</param>
    /// <param name="paths">As the image's own system has them.</param>
    /// <param name="folder">Exists.</param>
    /// <returns>What was copied, by the names it has there.</returns>
    /// <exception cref="SafetyException">Something of the name is there already; nothing was copied.</exception>
    /// <exception cref="DeviceException">Some of it could not be read or written; the rest was copied.</exception>
    public static IReadOnlyList<string> Run(IToolRunner tools, string root, IReadOnlyList<string> paths, string folder, bool overwrite, CancellationToken cancel)
    {
        var sources = paths.Select(path => RootedPath.Resolve(root, path)).ToList();
        var names = sources.ConvertAll(source => source == root ? "." : Path.GetFileName(source));
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"two of them are called {twice.Key}", "copy them one after the other, into folders of their own");
        if (!overwrite && names.Find(name => IsTaken(folder, name)) is { } taken)
            throw new SafetyException(taken == "." ? $"{folder} is not empty" : $"{Path.Combine(folder, taken)} is there already", "name another folder, or give --overwrite");
        try
        {
            Copy(tools, [.. sources.Zip(names, (source, name) => name == "." ? source + "/." : source)], folder, cancel);
        }
        catch (OperationCanceledException e)
        {
            throw new RunCancelledException($"what was copied so far is in {folder}; the file that was under way is not whole", "copy it again with --overwrite", e, cancel);
        }
        return names;
    }

    /// <summary>All at once: hard links between them stay. What is written over goes first: a link there must not lead the copy elsewhere.</summary>
    private static void Copy(IToolRunner tools, string[] sources, string folder, CancellationToken cancel) =>
        tools.Must("copying", new ToolCall("cp", ["--archive", "--remove-destination", "--target-directory", folder, "--", .. sources])
        {
            Limit = Timeout.InfiniteTimeSpan,
            Cancel = cancel,
        });

    private static bool IsTaken(string folder, string name) => name == "."
        ? Directory.EnumerateFileSystemEntries(folder).Any()
        : Path.Exists(Path.Combine(folder, name)) || new FileInfo(Path.Combine(folder, name)).LinkTarget is not null;
}
