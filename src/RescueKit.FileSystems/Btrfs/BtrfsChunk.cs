using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>How a chunk spreads over devices. Source: Linux include/uapi/linux/btrfs_tree.h, BTRFS_BLOCK_GROUP_….</summary>
[Flags]
internal enum BtrfsProfile : ulong
{
    Data = 0x1,
    System = 0x2,
    Metadata = 0x4,
    Raid0 = 0x8,
    Raid1 = 0x10,
    Dup = 0x20,
    Raid10 = 0x40,
    Raid5 = 0x80,
    Raid6 = 0x100,
    Raid1C3 = 0x200,
    Raid1C4 = 0x400,
}

/// <summary>
/// A range of the file system's own addresses and where it lies on devices. Source: Linux include/uapi/linux/btrfs_tree.h, struct btrfs_chunk, and fs/btrfs/volumes.c.
/// </summary>
internal sealed class BtrfsChunk
{
    private const int HeaderBytes = 48, StripeBytes = 32;
    private const BtrfsProfile Kinds = BtrfsProfile.Data | BtrfsProfile.System | BtrfsProfile.Metadata;
    private const BtrfsProfile Parity = BtrfsProfile.Raid5 | BtrfsProfile.Raid6;

    /// <summary>What every version of the kernel writes.</summary>
    private const long OnlyStripeLength = 64 << 10;

    private readonly (ulong Device, long Offset)[] _stripes;
    private readonly int _columns;
    private readonly int _copies;

    private BtrfsChunk(long start, long length, BtrfsProfile profile, (ulong Device, long Offset)[] stripes)
    {
        (Start, Length, Profile, _stripes) = (start, length, profile, stripes);
        var layout = profile & ~Kinds;
        (_columns, _copies) = layout switch
        {
            BtrfsProfile.Raid0 => (stripes.Length, 1),
            BtrfsProfile.Raid10 => (stripes.Length / 2, 2),
            BtrfsProfile.Raid5 => (stripes.Length - 1, 1),
            BtrfsProfile.Raid6 => (stripes.Length - 2, 1),
            _ => (1, stripes.Length),
        };
    }

    /// <summary>In addresses of the file system.</summary>
    public long Start { get; }
    public long Length { get; }
    public long End => Start + Length;
    public BtrfsProfile Profile { get; }

    /// <summary>Data and parity take turns on every device, so that all of its space counts as used.</summary>
    public bool HasParity => (Profile & Parity) != 0;

    /// <summary>Bytes that the chunk takes on each of its devices.</summary>
    public long StripeBytesOnDevice => Length / _columns;

    /// <summary>Where it lies on a device; twice on the same one where it is duplicated.</summary>
    public IEnumerable<(int Index, Extent Place)> StripesOn(ulong device)
    {
        for (var i = 0; i < _stripes.Length; i++)
        {
            if (_stripes[i].Device == device) yield return (i, new Extent(_stripes[i].Offset, StripeBytesOnDevice));
        }
    }

    /// <summary>The addresses of which something lies in a piece of a stripe (counted from the stripe's start): with several columns, more than is there.</summary>
    public (long Start, long End) AddressesAround(long from, long to)
    {
        var (start, end) = Columns.Around(from, to);
        return (Start + start, Math.Min(End, Start + end));
    }

    /// <summary>The piece of a stripe, counted from its start, that holds what of a range of addresses lies there.</summary>
    public (long From, long To) PieceOf(int stripe, long start, long end)
    {
        var column = stripe / _copies;
        return (Columns.ToColumn(column, start - Start), Columns.ToColumn(column, end - Start));
    }

    private Striping Columns => new(_columns, OnlyStripeLength);

    /// <summary>Reads one from its item.</summary>
    /// <param name="used">Bytes of the item.</param>
    /// <exception cref="MalformedException">Says what is out of range.</exception>
    public static BtrfsChunk Read(ulong start, ReadOnlySpan<byte> item, out int used)
    {
        Require(item.Length >= HeaderBytes + StripeBytes, "is cut off");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(item);
        var stripeLength = BinaryPrimitives.ReadUInt64LittleEndian(item[16..]);
        var profile = (BtrfsProfile)BinaryPrimitives.ReadUInt64LittleEndian(item[24..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(item[44..]);
        used = HeaderBytes + count * StripeBytes;
        Require(count > 0 && item.Length >= used, $"has {count} stripes");
        Require(start <= long.MaxValue / 2 && length is > 0 and <= long.MaxValue / 2 && (start | length) % 4096 == 0, $"of {length} bytes is out of range");
        Require(stripeLength == (ulong)OnlyStripeLength, $"has stripes of {stripeLength} bytes");
        Require((profile & Kinds) != 0 && IsKnown(profile & ~Kinds, count, BinaryPrimitives.ReadUInt16LittleEndian(item[46..])), $"has an unknown profile {(ulong)profile:X} of {count} stripes");
        var stripes = new (ulong Device, long Offset)[count];
        for (var i = 0; i < count; i++)
        {
            var stripe = item[(HeaderBytes + i * StripeBytes)..];
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(stripe[8..]);
            Require(offset <= long.MaxValue / 2, $"lies at {offset}");
            stripes[i] = (BinaryPrimitives.ReadUInt64LittleEndian(stripe), (long)offset);
        }
        var chunk = new BtrfsChunk((long)start, (long)length, profile, stripes);
        Require(chunk._columns == 1 || (long)length % (chunk._columns * OnlyStripeLength) == 0, $"of {length} bytes does not divide into {chunk._columns} columns");
        return chunk;

        void Require(bool condition, string otherwise)
        {
            if (!condition) throw new MalformedException($"the chunk at {start} {otherwise}");
        }
    }

    private static bool IsKnown(BtrfsProfile layout, int stripes, int subStripes) => layout switch
    {
        0 => stripes == 1,
        BtrfsProfile.Dup => stripes == 2,
        BtrfsProfile.Raid0 => true,
        BtrfsProfile.Raid1 => stripes == 2,
        BtrfsProfile.Raid1C3 => stripes == 3,
        BtrfsProfile.Raid1C4 => stripes == 4,
        BtrfsProfile.Raid10 => stripes % 2 == 0 && subStripes == 2,
        BtrfsProfile.Raid5 => stripes >= 2,
        BtrfsProfile.Raid6 => stripes >= 3,
        _ => false,
    };
}
