using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>The volume as it would be after the replay of its journal; nothing is written.</summary>
internal sealed class ReplayedSource(IBlockSource volume, int blockSize, JournalReader reader, IReadOnlyDictionary<long, JournalCopy> copies) : IBlockSource
{
    public string Name => volume.Name;
    public long Length => volume.Length;
    public DiskGeometry Geometry => volume.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        volume.Read(offset, buffer);
        for (var block = offset / blockSize; block * blockSize < offset + buffer.Length; block++)
        {
            if (!copies.TryGetValue(block, out var copy)) continue;
            var wanted = new Extent(block * blockSize, blockSize).Intersect(new Extent(offset, buffer.Length));
            copy.Read(reader, (int)(wanted.Offset - block * blockSize), buffer.Slice((int)(wanted.Offset - offset), (int)wanted.Length));
        }
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);

    /// <summary>Owns nothing.</summary>
    public void Dispose() { }
}
