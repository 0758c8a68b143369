using RescueKit.Engine.Survey;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>Where partitions come to lie on a smaller disk: as few as possible shrink, and what lies behind those moves towards the front.</summary>
internal sealed class ShrinkPlan : ResizePlan
{
    private readonly IDiskShrinker _tools;
    private readonly string _target;
    private readonly CancellationToken _cancel;

    /// <param name="target">Path of the target.</param>
    /// <param name="targetLength">Bytes.</param>
    /// <exception cref="SafetyException">It does not fit, or must not be taken apart.</exception>
    public ShrinkPlan(ResizeSource source, IDiskShrinker tools, string target, long targetLength, CancellationToken cancel) : base(source, "restore it onto a disk that is as large")
    {
        (_tools, _target, _cancel) = (tools, target, cancel);
        var end = new GrowthPlanner(Survey.Layout, source.Volumes, Survey.Disk.Length).UsableEnd(targetLength);
        var layout = new SmallerLayout(Survey.Volumes.Select(Fit), end, LeastLength);
        if (layout.Missing > 0) throw DoesNotFit(layout.Missing, targetLength);
        Places = layout.Places();
    }

    public override IEnumerable<string> Warnings =>
    [
        .. base.Warnings,
        .. Shrunk.Where(v => v.Content.Type == "NTFS").Select(v => $"Windows will check partition {v.Partition.Number} when it starts next: so its file system is marked when it is shrunk."),
    ];

    protected override string Direction => "front";

    private FitVolume Fit(SurveyedVolume v) => new(
        v.Partition.Number, v.Partition.Extent, Survey.Layout.Kind == PartitionTableKind.Mbr && v.Partition.Number > 4,
        WhyNot(v) is null ? v.Partition.Extent.Length - v.UsedBytes : 0);

    private string? WhyNot(SurveyedVolume v) => v switch
    {
        { Whole: true } => v.WholeReason,
        { Content.IsSetMember: true } => "it is one of several devices",
        { Content.EndAnchored: true } => "it counts from its end",
        _ => _tools.WhyNot(v.Content.Type),
    };

    private long LeastLength(int number)
    {
        var volume = Survey.Volumes.First(v => v.Partition.Number == number);
        using var slice = new BlockSourceSlice(Survey.Disk, volume.Partition.Extent, $"{Survey.Disk.Name} partition {number}");
        return _tools.LeastLength(slice, volume.Content.Type, _cancel);
    }

    private SafetyException DoesNotFit(long missing, long targetLength)
    {
        var rigid = Survey.Volumes.Where(v => WhyNot(v) is not null).Select(v => $"partition {v.Partition.Number} ({v.Content.Type}: {WhyNot(v)})").ToList();
        return new SafetyException(
            $"{_target} is too small by {missing} bytes, though everything was shrunk as far as it goes"
                + (rigid.Count > 0 ? $"; not shrunk: {string.Join(", ", rigid)}" : ""),
            $"choose a target of at least {targetLength + SmallerLayout.AlignUp(missing)} bytes");
    }
}
