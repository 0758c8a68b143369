using RescueKit.Cli.Json;
using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.FileSystems;
using RescueKit.Model;

namespace RescueKit.Cli.Inspection;

/// <summary>What can be told of a disk by reading it, with what the system knows of it.</summary>
internal static class DiskInspector
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
            using var disk = BlockDevices.OpenSource(info.Path, exclusive: false);
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
        var layout = PartitionTableReader.Read(disk);
        return known with
        {
            Table = layout.Kind.ToString().ToLowerInvariant(),
            TableSectorSize = layout.Kind == PartitionTableKind.None ? null : layout.SectorSize,
            DiskId = layout.DiskId,
            Warnings = layout.Warnings,
            Partitions = [.. layout.Partitions.Select(partition => Look(partition, info, disk))],
        };
    }

    private static PartitionDocument Look(Partition partition, DiskInfo info, IBlockSource disk)
    {
        var document = new PartitionDocument
        {
            Number = partition.Number,
            Offset = partition.Extent.Offset,
            Length = partition.Extent.Length,
            Type = partition.Type,
            TypeName = partition.TypeName,
            Id = partition.Id,
            Name = partition.Name,
            MountedAt = info.Mounts.GetValueOrDefault(partition.Number),
            Warnings = [],
        };
        try
        {
            using var volume = new BlockSourceSlice(disk, partition.Extent, $"{disk.Name} partition {partition.Number}");
            return With(document, VolumeProbe.Read(volume, new AllocationOptions()));
        }
        catch (BlockReadException e)
        {
            return document with { Warnings = [e.Message] };
        }
    }

    private static PartitionDocument With(PartitionDocument document, VolumeContent content) => document with
    {
        FileSystem = content.Type,
        Label = content.Label,
        Uuid = content.Uuid,
        BlockSize = content.BlockSize > 0 ? content.BlockSize : null,
        UsedBytes = content.Map?.UsedBytes ?? document.Length,
        WholeReason = content.WholeReason,
        Unclean = content.Unclean,
        Hibernated = content.Hibernated,
        SetMember = content.IsSetMember,
        Warnings = content.Warnings,
    };
}
