using RescueKit.FileSystems;
using RescueKit.FileSystems.Ldm;
using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>
/// What the partitions of a dynamic disk of Windows hold. Such a partition may begin with a file system that goes on somewhere else, so that nothing but the disk's
/// database tells which blocks are whose: without it they are taken whole.
/// </summary>
internal sealed class DynamicDisk
{
    private const string TypeName = "Windows dynamic disk";

    private readonly LdmDisk? _disk;
    private readonly string? _whyNot;

    public DynamicDisk(IBlockSource disk, DiskLayout layout)
    {
        if (!layout.Partitions.Any(LdmDisk.IsCover)) return;
        try
        {
            _disk = LdmDisk.Read(disk, layout);
        }
        catch (Exception e) when (e is MalformedException or BlockReadException)
        {
            _whyNot = e.Message;
        }
    }

    /// <summary>Null for a partition that hides no volumes, or that is itself one of them.</summary>
    public VolumeContent? Read(Partition partition)
    {
        if (!LdmDisk.IsCover(partition)) return null;
        if (_disk is null) return new VolumeContent { Type = TypeName, EndAnchored = true, WholeReason = $"{_whyNot ?? "its database is not known"}: taken whole" };
        var range = partition.Extent;
        // What Windows starts from has entries of its own in the table.
        if (_disk.Volumes.Any(v => v.Pieces is [var only] && only.Place == range)) return null;
        return new VolumeContent
        {
            Type = TypeName,
            EndAnchored = true,
            ClaimedLength = range.Length,
            Map = new ExtentSetMap(ExtentSet.Of(new Extent(0, range.Length))),
            Nested =
            [
                .. _disk.Volumes.Where(v => v.Pieces.All(piece => range.Contains(piece.Place)))
                    .Select(v => v with { Pieces = [.. v.Pieces.Select(piece => piece with { Place = piece.Place.Shift(-range.Offset) })] }),
            ],
        };
    }
}
