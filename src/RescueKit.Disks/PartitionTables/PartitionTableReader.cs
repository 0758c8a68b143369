using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

public static class PartitionTableReader
{
    /// <summary>
    /// Finds out how a disk is divided. Never throws for what the disk holds: entries that overlap, loop or lie outside the disk are left
    /// out (their bytes then count as gap, which is imaged whole) and named in the layout's warnings.
    /// </summary>
    public static DiskLayout Read(IBlockSource disk) => throw new NotImplementedException();
}
