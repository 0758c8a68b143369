namespace RescueKit.Disks.Inventory;

/// <summary>A block device as sysfs shows it: a whole disk or one of its partitions.</summary>
/// <param name="Name">The kernel's name, as in /sys/block ('!' for '/').</param>
/// <param name="Folder">Its sysfs folder with links resolved: for real hardware the path tells bus and port.</param>
/// <param name="Number">Its device number as "8:0".</param>
/// <param name="Disk">The whole disk of a partition; null for a whole disk.</param>
internal sealed record BlockNode(string Name, string Folder, string Number, long Length, BlockNode? Disk, int PartitionNumber)
{
    /// <summary>A device of its own to the kernel, which the boot hook has put in the place of a partition.</summary>
    public bool IsMappedPartition => Disk is not null && Name.StartsWith("dm-", StringComparison.Ordinal);

    public string DevicePath => "/dev/" + Name.Replace('!', '/');
    public BlockNode WholeDisk => Disk ?? this;
    public bool IsLoop => WholeDisk.Name.StartsWith("loop", StringComparison.Ordinal);
    public bool IsMapped => WholeDisk.Name.StartsWith("dm-", StringComparison.Ordinal);
    public bool IsRaid => WholeDisk.Name.StartsWith("md", StringComparison.Ordinal);

    /// <summary>As <see cref="Model.DiskIdentity"/> names kinds.</summary>
    public string Kind => Disk is not null ? "partition" : IsLoop ? "loop" : IsMapped ? "device-mapper" : IsRaid ? "md" : "disk";
}
