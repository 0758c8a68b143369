using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>A disk that has been unpacked into a file, which goes with it.</summary>
internal sealed class ImportedDisk : IBlockSource, IChangeWitness
{
    private readonly IBlockSource _file;
    private readonly string _path;

    /// <param name="kind">What it was unpacked from.</param>
    public ImportedDisk(string path, string name, string kind)
    {
        (_path, Name) = (path, name);
        _file = BlockDevices.OpenSource(path);
        Geometry = _file.Geometry with { Identity = new DiskIdentity("file", Model: kind) };
    }

    public string Name { get; }
    public long Length => _file.Length;
    public DiskGeometry Geometry { get; }
    public string? ChangeMark => (_file as IChangeWitness)?.ChangeMark;

    public void Read(long offset, Span<byte> buffer) => _file.Read(offset, buffer);

    public ExtentSet DataIn(Extent window) => _file.DataIn(window);

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }
}
