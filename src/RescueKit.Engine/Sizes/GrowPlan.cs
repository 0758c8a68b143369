using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>Where partitions come to lie on a larger disk so that one of them can grow: what lies behind it moves to the end, as far apart as it was.</summary>
internal sealed class GrowPlan : ResizePlan
{
    /// <param name="grown">Number of the partition.</param>
    /// <param name="targetLength">Bytes.</param>
    /// <exception cref="SafetyException">It must not be taken apart.</exception>
    public GrowPlan(ResizeSource source, int grown, long targetLength) : base(source, "leave --grow out")
    {
        var end = new GrowthPlanner(Survey.Layout, source.Volumes, Survey.Disk.Length).UsableEnd(targetLength);
        Places = Arrange(Survey.Layout.Partitions, grown, end);
    }

    protected override string Direction => "end";

    /// <summary>Whether something lies behind it, which would have to move.</summary>
    /// <param name="partitions">Their numbers and places on the source.</param>
    public static bool IsNeeded(int grown, IEnumerable<(int Number, Extent Extent)> partitions)
    {
        var all = partitions.ToList();
        return all.Where(p => p.Number == grown).Any(p => all.Any(other => other.Extent.Offset >= p.Extent.End));
    }

    /// <param name="end">The end of what partitions may use.</param>
    internal static IReadOnlyDictionary<int, Extent> Arrange(IReadOnlyList<Partition> partitions, int grown, long end)
    {
        var from = partitions.Single(p => p.Number == grown).Extent.End;
        var room = end - partitions.Max(p => p.Extent.End);
        var shift = Math.Max(0, room - room % GrowthPlanner.Alignment);
        return partitions.ToDictionary(p => p.Number, p => p.Extent.Offset >= from ? p.Extent.Shift(shift) : p.Extent);
    }
}
