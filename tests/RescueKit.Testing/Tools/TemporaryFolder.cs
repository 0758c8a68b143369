namespace RescueKit.Testing.Tools;

/// <summary>A folder of its own for one test, removed with everything in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rescuekit-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A sparse file of zeros.</summary>
    public string SparseFile(string name, long length)
    {
        using var file = new FileStream(File(name), FileMode.CreateNew);
        file.SetLength(length);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
