using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>What decides how much of each volume is taken.</summary>
public sealed record SurveyOptions
{
    public bool AllBlocks { get; init; }
    public UncleanPolicy Unclean { get; init; } = UncleanPolicy.Whole;
    public bool ExcludeWindowsSwap { get; init; }

    /// <summary>Numbers of partitions whose map counts though they are marked unclean, since it is known why.</summary>
    public IReadOnlyList<int> AcceptUnclean { get; init; } = [];

    /// <summary>Partition numbers to take; empty takes all.</summary>
    public IReadOnlyList<int> Partitions { get; init; } = [];

    /// <summary>Opens enciphered volumes; null opens none.</summary>
    public IUnlocker? Unlock { get; init; }
}

/// <summary>A partition (or the whole disk, number 0), what it holds, and how much of it a run takes. Bytes.</summary>
public sealed class SurveyedVolume
{
    private readonly Extent _tail;

    internal SurveyedVolume(Partition partition, VolumeContent content, IAllocationMap? map, bool included, string? reason)
    {
        Partition = partition;
        Content = content;
        Included = included;
        Map = map;
        WholeReason = map is null ? reason ?? content.WholeReason : null;
        var length = partition.Extent.Length;
        if (map is null)
        {
            UsedBytes = length;
            return;
        }
        _tail = Extent.FromTo(Math.Clamp(content.ClaimedLength > 0 ? content.ClaimedLength : length, 0, length), length);
        UsedBytes = BytesUnder(map, content, length);
    }

    public Partition Partition { get; }
    public VolumeContent Content { get; }

    /// <summary>False for a partition that was not chosen: it is recorded, none of it is taken.</summary>
    public bool Included { get; }

    /// <summary>True where every byte counts as used.</summary>
    public bool Whole => Map is null;

    /// <summary>One line, set exactly when the volume is taken whole.</summary>
    public string? WholeReason { get; }

    /// <summary>Bytes in use, or the partition's length where it is taken whole.</summary>
    public long UsedBytes { get; }

    /// <summary>What would be taken under the other choice of --unclean; null where that choice changes nothing.</summary>
    public long? AlternativeBytes { get; internal init; }

    /// <summary>The volumes inside this one, with what was found in them.</summary>
    public IReadOnlyList<(string Name, DiskSurvey Survey)> Nested { get; internal init; } = [];

    /// <summary>Bytes left out because the person asked.</summary>
    public long ExcludedBytes => Map is null ? 0 : Content.Excluded.TotalLength;

    internal IAllocationMap? Map { get; }

    /// <summary>What a map means for a volume of <paramref name="length"/> bytes: what lies behind the file system's own end is used.</summary>
    internal static long BytesUnder(IAllocationMap map, VolumeContent content, long length)
    {
        var claimed = Math.Clamp(content.ClaimedLength > 0 ? content.ClaimedLength : length, 0, length);
        var tail = Extent.FromTo(claimed, length);
        if (tail.IsEmpty) return map.UsedBytes;
        try
        {
            return map.UsedBytes + tail.Length - map.UsedIn(tail).TotalLength;
        }
        catch (BlockReadException)
        {
            return map.UsedBytes + tail.Length;
        }
    }

    /// <summary>Used extents inside <paramref name="window"/>, both in bytes from the start of the volume.</summary>
    /// <exception cref="BlockReadException">A bitmap of the file system could not be read.</exception>
    internal ExtentSet UsedIn(Extent window)
    {
        if (Map is null) return ExtentSet.Of(window);
        var used = Map.UsedIn(window);
        return _tail.Overlaps(window) ? used.Union(ExtentSet.Of(_tail.Intersect(window))) : used;
    }
}
