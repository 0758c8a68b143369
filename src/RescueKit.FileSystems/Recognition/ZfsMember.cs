using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// ZFS: two labels of 256 KiB at the start and two at the end; in each 128 uberblocks behind a list of name-value pairs. Source: "ZFS On-Disk
/// Specification", chapter 1.
/// </summary>
internal static class ZfsMember
{
    private const long Label = 256 << 10;
    private const int PairsOffset = 16 << 10, PairsLength = 112 << 10;
    private const int UberblocksOffset = 128 << 10, Uberblocks = 128, UberblockSize = 1024;
    private const ulong Magic = 0x00BAB10C;

    /// <summary>So many in all labels together make sure, as a single one may have been left behind.</summary>
    private const int Enough = 4;
    private const long Smallest = 64 << 20;

    public static Recognised? Find(IBlockSource volume)
    {
        if (volume.Length < Smallest) return null;
        var found = 0;
        var behind = volume.Length / Label * Label;
        var bytes = new byte[UberblocksOffset];
        foreach (var at in new[] { 0, Label, behind - 2 * Label, behind - Label })
        {
            volume.Read(at + UberblocksOffset, bytes);
            found += CountUberblocks(bytes);
            if (found < Enough) continue;
            var pairs = bytes.AsSpan(0, PairsLength);
            volume.Read(at + PairsOffset, pairs);
            return Describe(pairs);
        }
        return null;
    }

    private static int CountUberblocks(ReadOnlySpan<byte> area)
    {
        var found = 0;
        for (var i = 0; i < Uberblocks; i++)
        {
            var magic = BinaryPrimitives.ReadUInt64LittleEndian(area[(i * UberblockSize)..]);
            if (magic == Magic || BinaryPrimitives.ReverseEndianness(magic) == Magic) found++;
        }
        return found;
    }

    /// <summary>A pool of one plain disk is no set: it has one child at the top, and none of the kinds that have children of their own.</summary>
    private static Recognised Describe(ReadOnlySpan<byte> pairs)
    {
        var alone = Number(pairs, "vdev_children"u8) == 1 && pairs.IndexOf("mirror"u8) < 0 && pairs.IndexOf("raidz"u8) < 0 && pairs.IndexOf("draid"u8) < 0;
        var guid = Number(pairs, "pool_guid"u8);
        return new Recognised("ZFS member", "it belongs to a ZFS pool, whose blocks only ZFS can tell apart")
        {
            Uuid = guid == 0 ? null : $"{guid}",
            IsSetMember = !alone,
            EndAnchored = true,
        };
    }

    /// <summary>XDR: the name padded to 4 bytes, type 8 (64-bit number), one element, the value; all big-endian. 0 where there is none.</summary>
    private static ulong Number(ReadOnlySpan<byte> pairs, ReadOnlySpan<byte> name)
    {
        var at = pairs.IndexOf(name);
        if (at < 0) return 0;
        var type = at + (name.Length + 3) / 4 * 4;
        if (type + 16 > pairs.Length || BinaryPrimitives.ReadUInt32BigEndian(pairs[type..]) != 8) return 0;
        return BinaryPrimitives.ReadUInt64BigEndian(pairs[(type + 8)..]);
    }
}
