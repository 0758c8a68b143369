namespace RescueKit.Agent.Files;

/// <summary>The files of a volume, however they are reached. Paths are the volume's own system's; sources are where this has them.</summary>
public interface IVolumeFiles
{
    /// <summary>What lies in a folder; of a file, that file. By name.</summary>
    /// <exception cref="Model.UsageException">There is no such file.</exception>
    IReadOnlyList<ListedFile> List(string path, CancellationToken cancel = default);

    /// <summary>Where files are, and what their copies are called: "." for all that the root has.</summary>
    /// <exception cref="Model.UsageException">One of them is not there.</exception>
    IReadOnlyList<FoundFile> Find(IReadOnlyList<string> paths);

    /// <summary>Files, and the bytes that they take in the volume; those with several names count as often.</summary>
    (long Files, long Bytes) Measure(IReadOnlyList<FoundFile> files);

    /// <summary>Copies them and all below them into a folder. Files that are there are written over, folders are added to.</summary>
    /// <returns>What was left out since it cannot be copied from here, a sentence each.</returns>
    /// <exception cref="Model.DeviceException">Some of it could not be read or written; the rest was copied.</exception>
    /// <exception cref="Engine.RunCancelledException">It says what has become of what was copied.</exception>
    IReadOnlyList<string> Copy(IReadOnlyList<FoundFile> files, string folder, CancellationToken cancel);
}

public sealed record FoundFile(string Source, string Name);
