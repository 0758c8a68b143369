using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Files to be copied out of an image into a folder, where nothing is written over unless that is wanted.</summary>
internal sealed class FileCopy
{
    private readonly IVolumeFiles _volume;
    private readonly IReadOnlyList<FoundFile> _files;
    private readonly string _folder;
    private readonly bool _overwrite;

    private FileCopy(IVolumeFiles volume, IReadOnlyList<FoundFile> files, string folder, bool overwrite) => (_volume, _files, _folder, _overwrite) = (volume, files, folder, overwrite);

    /// <summary>What is there already and is written over; of a whole image's root, the folder itself.</summary>
    public IEnumerable<string> Replaced => _files.Select(file => file.Name).Where(name => IsTaken(_folder, name)).Select(name => name == "." ? _folder : Path.Combine(_folder, name));

    /// <param name="paths">As the image's own system has them.</param>
    /// <param name="folder">Exists.</param>
    /// <exception cref="UsageException">One of them is not there, or two have the same name.</exception>
    /// <exception cref="SafetyException">Something of the name is there already.</exception>
    public static FileCopy Plan(IVolumeFiles volume, IReadOnlyList<string> paths, string folder, bool overwrite)
    {
        var files = volume.Find(paths);
        if (files.GroupBy(file => file.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"two of them are called {twice.Key}", "copy them one after the other, into folders of their own");
        if (!overwrite) MustBeFree(folder, files);
        return new FileCopy(volume, files, folder, overwrite);
    }

    /// <summary>Files, and the bytes that they take in the image; those with several names count as often.</summary>
    public (long Files, long Bytes) Measure() => _volume.Measure(_files);

    /// <returns>What was left out, a sentence each.</returns>
    /// <exception cref="SafetyException">Something of the name has come there since the plan; nothing was copied.</exception>
    /// <exception cref="DeviceException">Some of it could not be read or written; the rest was copied.</exception>
    /// <exception cref="RunCancelledException">It says what has become of what was copied.</exception>
    public IReadOnlyList<string> Run(CancellationToken cancel)
    {
        if (!_overwrite) MustBeFree(_folder, _files);
        return _volume.Copy(_files, _folder, cancel);
    }

    private static void MustBeFree(string folder, IEnumerable<FoundFile> files)
    {
        if (files.Select(file => file.Name).FirstOrDefault(name => IsTaken(folder, name)) is { } taken)
            throw new SafetyException(taken == "." ? $"{folder} is not empty" : $"{Path.Combine(folder, taken)} is there already", "name another folder, or give --overwrite");
    }

    private static bool IsTaken(string folder, string name) => name == "."
        ? Directory.EnumerateFileSystemEntries(folder).Any()
        : Path.Exists(Path.Combine(folder, name)) || new FileInfo(Path.Combine(folder, name)).LinkTarget is not null;
}
