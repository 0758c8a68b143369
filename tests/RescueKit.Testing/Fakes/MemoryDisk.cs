using RescueKit.Model;

namespace RescueKit.Testing.Fakes;

/// <summary>A sparse disk in memory, up to 2^62 bytes: only pages that were written take space.</summary>
public sealed class MemoryDisk(long length, int sectorSize = 512, string name = "memory") : IBlockTarget
{
    private const int PageSize = 64 << 10;
    private readonly Dictionary<long, byte[]> _pages = [];
    private readonly Lock _lock = new();

    public static MemoryDisk FromBytes(ReadOnlySpan<byte> bytes, int sectorSize = 512)
    {
        var disk = new MemoryDisk(bytes.Length, sectorSize);
        disk.Write(0, bytes);
        return disk;
    }

    public string Name { get; } = name;
    public long Length { get; } = length;
    public DiskGeometry Geometry { get; } = new(sectorSize, sectorSize, new DiskIdentity("file"));
    public bool UnwrittenIsZero { get; init; }
    public long DurableBytes { get; private set; }
    public long WrittenBytes { get; private set; }
    public int FlushCount { get; private set; }

    /// <summary>Seen before each operation, with its kind ("read", "write", "zero", "discard", "flush"); may throw to inject a fault.</summary>
    public Action<string, Extent>? Before { get; set; }

    public void Read(long offset, Span<byte> buffer)
    {
        Check(offset, buffer.Length);
        Before?.Invoke("read", new Extent(offset, buffer.Length));
        lock (_lock)
        {
            while (!buffer.IsEmpty)
            {
                var inPage = (int)(offset % PageSize);
                var take = Math.Min(buffer.Length, PageSize - inPage);
                if (_pages.TryGetValue(offset / PageSize, out var page)) page.AsSpan(inPage, take).CopyTo(buffer);
                else buffer[..take].Clear();
                buffer = buffer[take..];
                offset += take;
            }
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        Check(offset, buffer.Length);
        Before?.Invoke("write", new Extent(offset, buffer.Length));
        lock (_lock)
        {
            WrittenBytes += buffer.Length;
            while (!buffer.IsEmpty)
            {
                var inPage = (int)(offset % PageSize);
                var take = Math.Min(buffer.Length, PageSize - inPage);
                if (!_pages.TryGetValue(offset / PageSize, out var page)) _pages[offset / PageSize] = page = new byte[PageSize];
                buffer[..take].CopyTo(page.AsSpan(inPage));
                buffer = buffer[take..];
                offset += take;
            }
        }
    }

    public void WriteZeros(Extent extent)
    {
        Check(extent.Offset, extent.Length);
        Before?.Invoke("zero", extent);
        lock (_lock)
        {
            for (var offset = extent.Offset; offset < extent.End;)
            {
                var inPage = (int)(offset % PageSize);
                var take = (int)Math.Min(extent.End - offset, PageSize - inPage);
                if (take == PageSize) _pages.Remove(offset / PageSize);
                else if (_pages.TryGetValue(offset / PageSize, out var page)) page.AsSpan(inPage, take).Clear();
                offset += take;
            }
        }
    }

    /// <summary>False plays a disk that has no discard.</summary>
    public bool CanDiscard { get; init; } = true;

    public bool Discard(Extent extent)
    {
        Check(extent.Offset, extent.Length);
        Before?.Invoke("discard", extent);
        return CanDiscard;
    }

    public void Flush()
    {
        Before?.Invoke("flush", new Extent(0, 0));
        FlushCount++;
        DurableBytes = WrittenBytes;
    }

    public ExtentSet DataIn(Extent window)
    {
        lock (_lock)
        {
            return ExtentSet.From(_pages.Keys
                .Select(page => new Extent(page * PageSize, Math.Min(PageSize, Length - page * PageSize)).Intersect(window))
                .Order(Comparer<Extent>.Create((a, b) => a.Offset.CompareTo(b.Offset))));
        }
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        Read(0, bytes);
        return bytes;
    }

    public void Dispose() { }

    private void Check(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes do not lie inside the {Length} bytes of {Name}");
    }
}
