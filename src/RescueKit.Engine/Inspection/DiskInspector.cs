using RescueKit.Disks;
using RescueKit.Engine.Survey;
using RescueKit.Model;

namespace RescueKit.Engine.Inspection;

/// <summary>What can be told of a disk by reading it, with what the system knows of it.</summary>
public static class DiskInspector
{
    /// <summary>Never fails for one disk: what cannot be opened or read is said in its <see cref="DiskDocument.Error"/>.</summary>
    public static IReadOnlyList<DiskDocument> List() => [.. DiskInventory.List().Select(TryInspect)];

    /// <exception cref="RescueKitException">It does not exist or cannot be read.</exception>
    public static DiskDocument Show(string path) => TryInspect(DiskInventory.Describe(path));

    private static DiskDocument TryInspect(DiskInfo info)
    {
        var known = Known(info);
        try
        {
            using var disk = BlockDevices.OpenDisk(info.Path, exclusive: false);
            return Look(known, info, disk);
        }
        catch (RescueKitException e)
        {
            return known with { Error = e.Remedy is null ? e.Message : $"{e.Message} ({e.Remedy})" };
        }
    }

    private static DiskDocument Known(DiskInfo info) => new()
    {
        Path = info.Path,
        Kind = info.Geometry.Identity.Kind,
        Length = info.Length,
        Model = info.Geometry.Identity.Model,
        Serial = info.Geometry.Identity.Serial,
        Wwn = info.Geometry.Identity.Wwn,
        Bus = info.Geometry.Identity.Bus,
        Port = info.Geometry.Identity.Port,
        ConfirmId = info.ConfirmId,
        LogicalSectorSize = info.Geometry.LogicalSectorSize,
        PhysicalSectorSize = info.Geometry.PhysicalSectorSize,
        ReadOnly = info.ReadOnly,
        Removable = info.Removable,
        Rotational = info.Rotational,
        SystemDisk = info.IsSystemDisk,
        Uses = info.Uses,
        Partitions = [],
        Warnings = [],
    };

    private static DiskDocument Look(DiskDocument known, DiskInfo info, IBlockSource disk)
    {
        var survey = DiskSurvey.Take(disk);
        var layout = survey.Layout;
        return known with
        {
            Length = disk.Length,
            Model = known.Model ?? disk.Geometry.Identity.Model,
            Table = layout.Kind.ToString().ToLowerInvariant(),
            TableSectorSize = layout.Kind == PartitionTableKind.None ? null : layout.SectorSize,
            DiskId = layout.DiskId,
            Warnings = layout.Warnings,
            Partitions = [.. survey.Volumes.Select(volume => Look(volume, info))],
        };
    }

    private static PartitionDocument Look(SurveyedVolume volume, DiskInfo info) => new()
    {
        Number = volume.Partition.Number,
        Offset = volume.Partition.Extent.Offset,
        Length = volume.Partition.Extent.Length,
        Type = volume.Partition.Type,
        TypeName = volume.Partition.TypeName,
        Id = volume.Partition.Id,
        Name = volume.Partition.Name,
        MountedAt = info.Mounts.GetValueOrDefault(volume.Partition.Number),
        FileSystem = volume.Content.Type,
        Label = volume.Content.Label,
        Uuid = volume.Content.Uuid,
        BlockSize = volume.Content.BlockSize > 0 ? volume.Content.BlockSize : null,
        UsedBytes = volume.UsedBytes,
        WholeReason = volume.WholeReason,
        Unclean = volume.Content.Unclean,
        Hibernated = volume.Content.Hibernated,
        SetMember = volume.Content.IsSetMember,
        Warnings = volume.Content.Warnings,
        Nested = volume.Nested.Count == 0 ? null : [.. volume.Nested.Select(nested => Look(nested.Name, nested.Survey, info))],
    };

    private static NestedDocument Look(string name, DiskSurvey survey, DiskInfo info) => new()
    {
        Name = name,
        Length = survey.Disk.Length,
        UsedBytes = survey.UsedBytes,
        Partitions = [.. survey.Volumes.Select(volume => Look(volume, info) with { MountedAt = null })],
    };
}
