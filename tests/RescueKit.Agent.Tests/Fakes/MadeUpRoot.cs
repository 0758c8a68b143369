using RescueKit.Disks.Inventory;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>A tree like /sys, /proc and /etc in a folder.</summary>
internal sealed class MadeUpRoot : IDisposable
{
    private readonly TempFolder _folder = new();

    public SystemRoot Root => new(_folder.FullPath);

    public MadeUpRoot File(string path, string content) => File(path, System.Text.Encoding.UTF8.GetBytes(content));

    public MadeUpRoot File(string path, byte[] content)
    {
        var full = _folder.File(path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllBytes(full, content);
        return this;
    }

    public MadeUpRoot Folder(string path)
    {
        _folder.Folder(path.TrimStart('/'));
        return this;
    }

    public void Dispose() => _folder.Dispose();
}
