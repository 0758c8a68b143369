using Microsoft.Win32.SafeHandles;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>What files and devices have in common: one open descriptor, read at positions.</summary>
internal abstract class PosixSource(SafeFileHandle file, string name, long length, DiskGeometry geometry) : IBlockSource
{
    protected SafeFileHandle File { get; } = file;
    public string Name { get; } = name;
    public long Length { get; } = length;
    public DiskGeometry Geometry { get; } = geometry;

    public abstract void Read(long offset, Span<byte> buffer);
    public abstract ExtentSet DataIn(Extent window);

    public void Dispose()
    {
        FileLocks.Release(File);
        File.Dispose();
    }

    protected void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes do not lie inside the {Length} bytes of {Name}");
    }
}
