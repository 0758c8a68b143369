using System.Buffers.Binary;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>What items are sorted by, in this order of fields. Source: Linux include/uapi/linux/btrfs_tree.h, struct btrfs_disk_key.</summary>
internal readonly record struct BtrfsKey(ulong Id, byte Type, ulong Offset) : IComparable<BtrfsKey>
{
    public const int Bytes = 17;

    public static BtrfsKey Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), bytes[8], BinaryPrimitives.ReadUInt64LittleEndian(bytes[9..]));

    public int CompareTo(BtrfsKey other)
    {
        var order = Id.CompareTo(other.Id);
        if (order == 0) order = Type.CompareTo(other.Type);
        return order == 0 ? Offset.CompareTo(other.Offset) : order;
    }
}

/// <summary>The types of items that are read here.</summary>
internal static class BtrfsItemType
{
    public const byte Root = 132, Extent = 168, Metadata = 169, BlockGroup = 192, DeviceExtent = 204, Device = 216, Chunk = 228;
}

/// <summary>The trees that are read here, by the number that names them in the tree of roots.</summary>
internal static class BtrfsTreeId
{
    public const ulong Roots = 1, Extents = 2, Chunks = 3, Devices = 4, FreeSpace = 10, BlockGroups = 11;
}
