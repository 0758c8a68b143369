using RescueKit.FileSystems.Recognition;
using RescueKit.Model;

namespace RescueKit.FileSystems.Md;

/// <summary>
/// Members of Linux software RAID. Each member of a mirror has all of the array in one piece, so that what lies in it is left to who reads <see cref="VolumeContent.Nested"/>;
/// members of others hold every n-th piece of something, and are taken whole.
/// </summary>
public sealed class MdReader : IAllocationReader
{
    public string Family => "md";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (MdMember.Find(new VolumeBytes(volume)) is not { } member) return null;
        var content = member.Named.ToContent();
        if (member.Level != 1) return content;
        if (member.Doubt is { } doubt) return content with { WholeReason = $"it is a member of a Linux RAID 1 (metadata {member.Version}), and {doubt}: taken whole" };
        if (member.Data.IsEmpty || member.Data.End > volume.Length) return content;
        var all = new Extent(0, volume.Length);
        return content with
        {
            WholeReason = null,
            Map = new ExtentSetMap(ExtentSet.Of(all)),
            Nested = [new NestedVolume($"RAID 1{(member.Label is { } name ? $" {name}" : "")}", [new NestedPiece(0, member.Data.Length, member.Data, Striping.None, 0)])],
        };
    }
}
