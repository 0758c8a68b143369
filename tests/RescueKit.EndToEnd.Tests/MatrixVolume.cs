namespace RescueKit.EndToEnd.Tests;

/// <summary>A file system of one kind in a file: made, filled, aged and checked by its own tools alone.</summary>
internal abstract class FilledVolume(string name)
{
    public string Name { get; } = name;

    /// <summary>Makes the file system in a new file, puts files into it, and ages it. <paramref name="scratch"/> is an empty folder.</summary>
    public abstract void Make(string volume, string scratch, int seed);

    /// <summary>Runs the file system's own checker, read-only; throws where it finds anything.</summary>
    public abstract void Check(string volume);

    /// <summary>What is in every file. <paramref name="scratch"/> is an empty folder.</summary>
    public abstract SortedDictionary<string, string> Digests(string volume, string scratch);

    public override string ToString() => Name;
}

/// <summary>One whose own tools count its used blocks, too.</summary>
internal abstract class MatrixVolume(string name) : FilledVolume(name)
{
    /// <summary>Bytes of the volume that the file system's own tool does not count as free.</summary>
    public abstract long UsedBytes(string volume);
}
