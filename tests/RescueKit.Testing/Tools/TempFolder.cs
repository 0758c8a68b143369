namespace RescueKit.Testing.Tools;

/// <summary>A folder of its own for one test, removed at the end.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => FullPath = Directory.CreateTempSubdirectory("rescuekit-test-").FullName;

    public string FullPath { get; }

    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>A folder inside, made when missing.</summary>
    public string Folder(string name) => Directory.CreateDirectory(File(name)).FullName;

    public void Dispose()
    {
        if (Directory.Exists(FullPath)) Directory.Delete(FullPath, recursive: true);
    }
}
