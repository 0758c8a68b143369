using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Those of a volume that is mounted: find(1) lists them, cp(1) keeps times, owners, modes, links, holes and extended attributes.</summary>
/// <param name="root">Where it is mounted.</param>
internal sealed class MountedFiles(string root, IToolRunner tools) : IVolumeFiles
{
    private const int SectorBytes = 512; // of st_blocks (stat(2))

    public IReadOnlyList<ListedFile> List(string path, CancellationToken cancel = default)
    {
        var place = RootedPath.Resolve(root, path, follow: true);
        return [.. FileListing.Of(tools, place, Directory.Exists(place)).OrderBy(file => file.Name, StringComparer.Ordinal)];
    }

    public IReadOnlyList<FoundFile> Find(IReadOnlyList<string> paths) =>
        [.. paths.Select(path => RootedPath.Resolve(root, path)).Select(place => new FoundFile(place, place == root ? "." : Path.GetFileName(place)))];

    public (long Files, long Bytes) Measure(IReadOnlyList<FoundFile> files)
    {
        var call = new ToolCall("find", [.. files.Select(file => file.Source), "-type", "f", "-printf", @"%b\n"]) { Limit = Timeout.InfiniteTimeSpan };
        var (count, blocks) = (0L, 0L);
        // What cannot be read is no reason not to copy the rest; copying says what it is.
        foreach (var line in tools.Run(call).Output.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty) continue;
            count++;
            blocks += long.Parse(line, CultureInfo.InvariantCulture);
        }
        return (count, blocks * SectorBytes);
    }

    /// <summary>All at once: hard links between them stay. What is written over goes first: a link there must not lead the copy elsewhere.</summary>
    public IReadOnlyList<string> Copy(IReadOnlyList<FoundFile> files, string folder, CancellationToken cancel)
    {
        var sources = files.Select(file => file.Name == "." ? file.Source + "/." : file.Source);
        try
        {
            tools.Must("copying", new ToolCall("cp", ["--archive", "--remove-destination", "--target-directory", folder, "--", .. sources])
            {
                Limit = Timeout.InfiniteTimeSpan,
                Cancel = cancel,
            });
            return [];
        }
        catch (OperationCanceledException e)
        {
            throw new RunCancelledException($"what was copied so far is in {folder}; the file that was under way is not whole", "copy it again with --overwrite", e, cancel);
        }
    }
}
