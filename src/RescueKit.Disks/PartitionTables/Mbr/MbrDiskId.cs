using System.Buffers.Binary;
using System.Globalization;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables.Mbr;

/// <summary>The disk signature of Windows NT, which Linux makes PARTUUIDs of: four bytes behind the boot code, little endian.</summary>
public static class MbrDiskId
{
    internal const int Offset = 440;

    /// <summary>What has to be written so that an MBR has another id; empty where it has none.</summary>
    public static IReadOnlyList<BlockPatch> Patches(IBlockSource disk, DiskLayout layout, TableIds ids)
    {
        if (layout is not { Kind: PartitionTableKind.Mbr, DiskId: not null } || ids.Disk is not { } id) return [];
        if (new SectorReader(disk).TryRead(0, 512) is not { } sector) return [];
        var patched = (byte[])sector.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan(Offset), uint.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return [new BlockPatch(0, patched)];
    }
}
