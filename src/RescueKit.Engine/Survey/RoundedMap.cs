using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>A map whose extents are widened to whole units, for volumes of which no part of a unit can be used.</summary>
internal sealed class RoundedMap : IAllocationMap
{
    private const long Step = 1 << 30;

    private readonly IAllocationMap _map;
    private readonly long _length;
    private readonly int _unit;

    /// <param name="length">Of the volume, in bytes.</param>
    /// <param name="unit">In bytes, a power of two; units are counted from the volume's start.</param>
    /// <exception cref="BlockReadException">The map cannot be read.</exception>
    public RoundedMap(IAllocationMap map, long length, int unit)
    {
        (_map, _length, _unit) = (map, length, unit);
        for (var at = 0L; at < length; at += Step) UsedBytes += UsedIn(Extent.FromTo(at, Math.Min(at + Step, length))).TotalLength;
    }

    public long UsedBytes { get; }

    public ExtentSet UsedIn(Extent window)
    {
        var rounded = new ExtentSetBuilder();
        foreach (var extent in _map.UsedIn(Widened(window))) rounded.Add(Widened(extent).Intersect(window));
        return rounded.ToSet();
    }

    private Extent Widened(Extent extent) => Extent.FromTo(extent.Offset / _unit * _unit, Math.Min(_length, (extent.End + _unit - 1) / _unit * _unit));
}
