using RescueKit.Model;

namespace RescueKit.FileSystems.Lvm;

/// <summary>
/// A physical volume of LVM2: its label, its metadata areas, and the extents that logical volumes have. What lies inside a logical volume that is whole on this disk is left
/// to who reads <see cref="VolumeContent.Nested"/>.
/// </summary>
public sealed class LvmReader : IAllocationReader
{
    private const string TypeName = "LVM2 physical volume";

    public string Family => "lvm";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        if (LvmLabel.Find(volume) is not { } at) return null;
        var content = new VolumeContent { Type = TypeName, Uuid = LvmLabel.IdAt(volume, at) };
        try
        {
            var label = LvmLabel.Read(volume, at);
            if (label.Size > (ulong)volume.Length) throw new MalformedException($"it claims {label.Size} bytes, and the volume has {volume.Length}");
            content = content with { ClaimedLength = (long)label.Size };
            if (Metadata(volume, label) is not { } text) return content with { WholeReason = "the metadata of its volume group do not lie on it, or it belongs to none: taken whole" };
            var group = new LvmGroup(text, label.Id, volume.Length);
            content = content with { Group = group.Members };
            var extents = group.Extents;
            var used = group.Allocated().Union(ExtentSet.Of(extents).ComplementIn(new Extent(0, volume.Length)));
            return content with { Map = new ExtentSetMap(used), Nested = [.. group.Plain()] };
        }
        catch (MalformedException e)
        {
            return content with { WholeReason = $"{e.Message}: taken whole" };
        }
    }

    /// <summary>All areas in use hold the same text, or a half of an update is on the disk.</summary>
    private static string? Metadata(IBlockSource volume, LvmLabel label)
    {
        string? found = null;
        foreach (var area in label.MetadataAreas)
        {
            if (LvmMetadataArea.Read(volume, area) is not { } text) continue;
            if (found is not null && found != text) throw new MalformedException("its two metadata areas do not hold the same");
            found = text;
        }
        return found;
    }
}
