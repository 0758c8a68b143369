using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>A folder for what a run needs while it lasts, for its owner alone, and gone at the end with all that is in it.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <param name="parent">Null for the folder of temporary files.</param>
    public WorkFolder(string? parent)
    {
        Path = System.IO.Path.Combine(Parent(parent), $"rescuekit-shrink-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path, OwnerOnly);
    }

    public string Path { get; }

    /// <param name="parent">Null for the folder of temporary files.</param>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string Parent(string? parent)
    {
        var full = System.IO.Path.GetFullPath(parent ?? System.IO.Path.GetTempPath());
        return Directory.Exists(full) ? full : throw new UsageException($"there is no folder {full}", "make it first, or name another with --scratch");
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
