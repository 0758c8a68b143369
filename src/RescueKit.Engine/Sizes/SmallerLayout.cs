using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>A partition that has to find its place on a smaller disk. Bytes.</summary>
/// <param name="IsLogical">Of an MBR: in front of it needs to be room for its boot record.</param>
/// <param name="FreeBytes">How much its file system could shrink at most, about; 0 for one that cannot.</param>
internal readonly record struct FitVolume(int Number, Extent Extent, bool IsLogical, long FreeBytes);

/// <summary>
/// Where partitions go on a disk that is too small for them as they lie: all keep their order; those that have to shrink are as few as possible, the
/// one with the most free space first; what lies before the first that shrinks stays in place. Pure: sees numbers, no disk.
/// </summary>
internal sealed class SmallerLayout
{
    private const long Alignment = GrowthPlanner.Alignment;

    private readonly List<FitVolume> _volumes;
    private readonly Dictionary<int, long> _lengths;
    private readonly long _end;

    /// <param name="volumes">Disjoint.</param>
    /// <param name="end">The end of what partitions may use.</param>
    /// <param name="leastLength">How short a file system can become; asked for those alone that have to shrink.</param>
    public SmallerLayout(IEnumerable<FitVolume> volumes, long end, Func<int, long> leastLength)
    {
        _volumes = [.. volumes.OrderBy(v => v.Extent.Offset)];
        _lengths = _volumes.ToDictionary(v => v.Number, v => v.Extent.Length);
        _end = end;
        foreach (var volume in _volumes.Where(v => v.FreeBytes > 0).OrderByDescending(v => v.FreeBytes))
        {
            if (Missing <= 0) break;
            Shrink(volume, AlignUp(leastLength(volume.Number)));
        }
    }

    /// <summary>Bytes by which the disk is too small when everything has shrunk as far as it can; 0 where all fits.</summary>
    public long Missing => Math.Max(0, _volumes.Count == 0 ? 0 : PackedEnd(0, _volumes[0].Extent.Offset) - _end);

    /// <summary>By number. Only where all fits.</summary>
    public IReadOnlyDictionary<int, Extent> Places()
    {
        var places = new Dictionary<int, Extent>();
        var cursor = _volumes.Count == 0 ? 0 : _volumes[0].Extent.Offset;
        for (var i = 0; i < _volumes.Count; i++)
        {
            var volume = _volumes[i];
            var length = _lengths[volume.Number];
            var start = PackedEnd(i + 1, volume.Extent.Offset + length) <= _end ? volume.Extent.Offset : Start(volume, cursor);
            places[volume.Number] = new Extent(start, length);
            cursor = start + length;
        }
        return places;
    }

    /// <summary>The next place where a partition may begin.</summary>
    public static long AlignUp(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private void Shrink(FitVolume volume, long least)
    {
        while (Missing is > 0 and var missing && _lengths[volume.Number] is var length && length > least)
        {
            var shorter = Math.Max(0, length - missing);
            _lengths[volume.Number] = Math.Max(least, shorter - shorter % Alignment);
        }
    }

    /// <summary>Where the last one ends when all from an index on are put as far to the front as they go.</summary>
    private long PackedEnd(int index, long cursor)
    {
        foreach (var volume in _volumes.Skip(index)) cursor = Start(volume, cursor) + _lengths[volume.Number];
        return cursor;
    }

    /// <summary>Its old place is always possible: what lies before it never grows.</summary>
    private static long Start(FitVolume volume, long cursor) => Math.Min(volume.Extent.Offset, AlignUp(cursor + (volume.IsLogical ? Alignment : 0)));
}
