using RescueKit.Engine.Pipelines;
using RescueKit.Model;

namespace RescueKit.Engine.Serving;

/// <summary>A disk that tells how much of its data others have read so far. Does not own the source below.</summary>
public sealed class MeteredSource : IBlockSource
{
    private const long Window = 1L << 30;
    private readonly IBlockSource _source;
    private readonly ProgressMeter _meter;

    /// <param name="report">As that of a run.</param>
    public MeteredSource(IBlockSource source, Action<RunProgress>? report)
    {
        _source = source;
        _meter = new ProgressMeter(TimeProvider.System, report, _ => null);
        var total = 0L;
        for (var at = 0L; at < Length; at += Window) total += DataIn(Extent.FromTo(at, Math.Min(Length, at + Window))).TotalLength;
        DataBytes = total;
        Begin("reading");
    }

    public string Name => _source.Name;
    public long Length => _source.Length;
    public DiskGeometry Geometry => _source.Geometry;

    /// <summary>How much of it is not known to be zeros.</summary>
    public long DataBytes { get; }

    /// <summary>It is read once more, for another purpose.</summary>
    /// <param name="total">Bytes that are going to be read; null for all.</param>
    public void Begin(string phase, long? total = null) => _meter.Begin(phase, total ?? DataBytes);

    public void Read(long offset, Span<byte> buffer)
    {
        _source.Read(offset, buffer);
        _meter.Add(buffer.Length, offset);
    }

    public ExtentSet DataIn(Extent window) => _source.DataIn(window);

    public void Dispose() => _meter.Dispose();
}
