using RescueKit.Engine.Survey;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Engine.Transfers;

/// <summary>What a restore or clone has to know of a volume of its source, be that an image or a disk. Bytes.</summary>
internal sealed record TransferVolume(
    int Number, Extent Extent, string PartitionType, string FileSystem, string? Label, long UsedBytes, bool Whole, string? WholeReason,
    long? AlternativeBytes, bool Included, bool EndAnchored)
{
    /// <summary>
    /// Windows dynamic disks keep their database in the last MiB of the disk, outside every partition: their partition types tell, as what
    /// lies in the partition looks like any other volume.
    /// </summary>
    public bool AnchoredToDiskEnd => (EndAnchored && Number == 0)
        || PartitionType is "0x42" or "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3" or "af9b60a0-1431-4f62-bc68-3311714a69ad";

    public static TransferVolume Of(ImagedVolume v) => new(
        v.Number, new Extent(v.Offset, v.Length), v.PartitionType, v.FileSystem, v.Label, v.UsedBytes, v.Whole, v.WholeReason, null, v.Included,
        v.EndAnchored);

    public static TransferVolume Of(SurveyedVolume v) => new(
        v.Partition.Number, v.Partition.Extent, v.Partition.Type, v.Content.Type, v.Content.Label, v.UsedBytes, v.Whole, v.WholeReason,
        v.AlternativeBytes, v.Included, v.Content.EndAnchored);
}
