using RescueKit.Engine.Survey;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Rows of plans.</summary>
internal static class PlanItems
{
    /// <summary>Windows in which holes are looked for.</summary>
    private const long Window = 64L << 30;

    public static PlanDisk Disk(IBlockSource disk, DiskLayout layout)
    {
        var identity = disk.Geometry.Identity;
        var table = layout.Kind switch
        {
            PartitionTableKind.Gpt => $"GPT, {layout.Partitions.Count} partitions",
            PartitionTableKind.Mbr => $"MBR, {layout.Partitions.Count} partitions",
            _ => "no partition table",
        };
        return new PlanDisk(disk.Name, disk.Length, identity.Model, identity.Serial, $"{identity.Kind}, {table}");
    }

    public static IReadOnlyList<PlanItem> Of(DiskSurvey survey) =>
    [
        .. survey.Volumes.Select(v => new PlanItem(
            v.Partition.Number, null, v.Content.Type, v.Content.Label, v.Partition.Extent.Length, v.Included ? v.UsedBytes : 0,
            How(v.Included, v.Whole), v.Included ? v.WholeReason : null, v.Included ? v.AlternativeBytes : null)),
        Gaps(survey.Gaps.TotalLength),
    ];

    public static PlanItem Gaps(long bytes) => new(null, null, "tables, boot code, gaps", null, bytes, bytes, "whole", null, null);

    public static string How(bool included, bool whole) => (included, whole) switch
    {
        (false, _) => "left out",
        (_, true) => "whole",
        _ => "used blocks",
    };

    /// <summary>What has to be read of a disk: what is used, without the holes of gaps and of volumes that are taken whole.</summary>
    public static long BytesToRead(DiskSurvey survey)
    {
        var whole = survey.Gaps.Union(ExtentSet.From(survey.Volumes.Where(v => v.Included && v.Whole).Select(v => v.Partition.Extent)))
            .Clip(new Extent(0, survey.Disk.Length));
        var bytes = survey.Volumes.Where(v => v.Included && !v.Whole).Sum(v => v.UsedBytes);
        foreach (var extent in whole)
        {
            for (var at = extent.Offset; at < extent.End; at += Window)
                bytes += survey.Disk.DataIn(Extent.FromTo(at, Math.Min(extent.End, at + Window))).TotalLength;
        }
        return bytes;
    }
}
