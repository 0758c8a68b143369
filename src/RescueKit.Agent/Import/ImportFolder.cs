using System.Text;
using RescueKit.Agent.Tools;
using RescueKit.Disks.Stores;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>A folder with saved files, which is only read. Names come from what lies in it, and nothing outside of it is ever opened.</summary>
internal sealed class ImportFolder
{
    /// <summary>Of the small files, bytes; a table of partitions, or a list of sums, is far below.</summary>
    private const int Largest = 4 << 20;

    private const int Shown = 512;

    private readonly FolderStore _store;
    private readonly HashSet<string> _names;

    /// <exception cref="DeviceException">It cannot be listed.</exception>
    public ImportFolder(string path, IToolStreams tools)
    {
        (FullPath, Tools) = (Path.GetFullPath(path), tools);
        _store = new FolderStore(FullPath);
        _names = [.. _store.List("")];
        Sums = new FolderSums(this);
    }

    public string FullPath { get; }
    public IToolStreams Tools { get; }
    public IReadOnlySet<string> Names => _names;
    public FolderSums Sums { get; }

    /// <exception cref="ImageUnsupportedException">It is a link, which may lead anywhere.</exception>
    /// <exception cref="DeviceException">It is no file, or cannot be read.</exception>
    public IPartReader Open(string name) => new FileInfo(PathOf(name)).LinkTarget is null
        ? _store.OpenRead(name)
        : throw new ImageUnsupportedException($"{PathOf(name)} is a link, and links may lead anywhere", "put the file itself in its place");

    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>A small file, checked against the sums that there are; null where there is none, or an empty one.</summary>
    /// <exception cref="ImageDamagedException">It is not what its sum says, or far too large.</exception>
    public byte[]? Read(string name)
    {
        if (!_names.Contains(name)) return null;
        using var bytes = new PartsReader(this, [name], checkSums: true, null, CancellationToken.None);
        if (bytes.Length > Largest) throw new ImageDamagedException($"{PathOf(name)} has {bytes.Length} bytes, far more than such a file can have");
        var all = new byte[bytes.Length];
        bytes.Fill(all);
        bytes.End();
        return all.Length == 0 ? null : all;
    }

    /// <summary>How a file that says nothing of the disk begins, unchecked: no damage to it matters. Empty where there is none.</summary>
    public string Beginning(string name)
    {
        if (!_names.Contains(name)) return "";
        using var bytes = new PartsReader(this, [name], checkSums: false, null, CancellationToken.None);
        var first = new byte[Shown];
        return Encoding.UTF8.GetString(first.AsSpan(0, bytes.Fill(first)));
    }

    /// <summary>The lines of a small file; none where there is none.</summary>
    public IReadOnlyList<string> Lines(string name) => Read(name) is { } bytes ? Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n").Split('\n') : [];

    /// <summary>The words of a small file, comments left out.</summary>
    public IReadOnlyList<string> Words(string name) =>
        [.. Lines(name).Where(line => !line.StartsWith('#')).SelectMany(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
}
