using Microsoft.Win32.SafeHandles;
using RescueKit.Model;

namespace RescueKit.Testing.Tools;

/// <summary>A volume image file as a block source, with nothing in between: no holes known, no cache.</summary>
public sealed class FileSource : IBlockSource
{
    private readonly SafeFileHandle _file;

    public FileSource(string path)
    {
        Name = path;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Length = RandomAccess.GetLength(_file);
    }

    public string Name { get; }
    public long Length { get; }
    public DiskGeometry Geometry { get; } = new(512, 512, new DiskIdentity("file")) { SectorSizeIsGuess = true };

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{buffer.Length} bytes do not lie inside the {Length} bytes of {Name}");
        while (!buffer.IsEmpty)
        {
            var got = RandomAccess.Read(_file, buffer, offset);
            if (got == 0) throw new BlockReadException($"{Name} ended early", new Extent(offset, buffer.Length));
            buffer = buffer[got..];
            offset += got;
        }
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);

    public void Dispose() => _file.Dispose();
}
