using RescueKit.Model;

namespace RescueKit.Testing.Fakes;

/// <summary>
/// A failing disk: bad sectors that never read, each read of which takes its time on an injected clock; and a plug that can be pulled.
/// </summary>
public sealed class FailingSource(IBlockSource disk, ExtentSet bad, ManualClock? clock = null) : IBlockSource
{
    private int _reads;
    private int _failures;

    public string Name => disk.Name;
    public long Length => disk.Length;
    public DiskGeometry Geometry { get; init; } = disk.Geometry;

    /// <summary>How long the disk tries before it reports a bad sector.</summary>
    public TimeSpan Retries { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The device vanishes at the read with this number, counted from 1; null for never.</summary>
    public int? GoneAt { get; set; }

    /// <summary>Sectors that never read; may grow in mid-run, as on a dying disk.</summary>
    public ExtentSet Bad { get; set; } = bad;

    public int Reads => _reads;
    public int Failures => _failures;

    public void Read(long offset, Span<byte> buffer)
    {
        if (Interlocked.Increment(ref _reads) >= GoneAt) throw new DeviceGoneException($"{Name} has vanished");
        var range = new Extent(offset, buffer.Length);
        if (Bad.Overlaps(range))
        {
            Interlocked.Increment(ref _failures);
            clock?.Advance(Retries);
            throw new BlockReadException($"{Name}: bad sector in {buffer.Length} bytes at {offset}", range);
        }
        disk.Read(offset, buffer);
    }

    public ExtentSet DataIn(Extent window) => disk.DataIn(window);

    public void Dispose() => disk.Dispose();
}
