using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>Reads the tree of extents once, holds it against the chunks, the trees of devices and of free space, and every count, and adds up.</summary>
internal static class BtrfsVerification
{
    /// <summary>The map, once everything agrees.</summary>
    /// <exception cref="MalformedException">Says what does not match.</exception>
    /// <exception cref="BlockReadException">A structure is unreadable.</exception>
    public static BtrfsAllocationMap Map(BtrfsVolume volume)
    {
        VerifyDeviceExtents(volume);
        var counted = new Dictionary<long, long>();
        var onDevice = volume.AlwaysUsed.TotalLength + volume.Chunks.OnDevice.Where(piece => piece.Chunk.HasParity).Sum(piece => OutsideOf(volume.AlwaysUsed, piece.Place));
        var end = 0L;
        using var free = new BtrfsFreeSpace(volume.Chunks.Chunks, volume.FreeSpace());
        foreach (var item in volume.Extents.All())
        {
            if (BtrfsExtents.Read(item, volume.Superblock) is not { } extent) continue;
            if (extent.Start < end) throw new MalformedException($"the extent at {extent.Start} overlaps the one before it");
            end = extent.End;
            if (volume.Chunks.At((ulong)extent.Start) is not { } chunk || extent.End > chunk.End) throw new MalformedException($"the extent at {extent.Start} lies in no chunk");
            free.Take(extent.Start, extent.End);
            counted[chunk.Start] = counted.GetValueOrDefault(chunk.Start) + extent.End - extent.Start;
            if (chunk.HasParity) continue;
            foreach (var (stripe, place) in chunk.StripesOn(volume.Superblock.DeviceId))
            {
                var (from, to) = chunk.PieceOf(stripe, extent.Start, extent.End);
                onDevice += OutsideOf(volume.AlwaysUsed, Extent.FromTo(place.Offset + from, place.Offset + to));
            }
        }
        free.Finish();
        VerifyBlockGroups(volume, counted);
        VerifyRoots(volume);
        return new BtrfsAllocationMap(volume, onDevice);
    }

    private static long OutsideOf(ExtentSet set, Extent extent)
    {
        var length = extent.Length;
        foreach (var other in set.AsSpan()) length -= extent.Intersect(other).Length;
        return length;
    }

    /// <summary>The chunks say where they lie on each device, and the tree of devices says it the other way round.</summary>
    private static void VerifyDeviceExtents(BtrfsVolume volume)
    {
        var pieces = volume.Chunks.OnDevice;
        var (index, total) = (0, 0L);
        foreach (var (offset, length, chunk) in volume.DeviceExtents())
        {
            if (index == pieces.Count || pieces[index].Place != new Extent(offset, Math.Min(length, long.MaxValue - offset)) || (ulong)pieces[index].Chunk.Start != chunk)
                throw new MalformedException($"the device extent of {length} bytes at {offset} is not where a chunk lies");
            total += length;
            index++;
        }
        if (index != pieces.Count) throw new MalformedException($"{pieces.Count} pieces of chunks lie on the device, and {index} are in the tree of devices");
        if ((ulong)total != volume.Superblock.DeviceUsedBytes) throw new MalformedException($"chunks take {total} bytes of the device, the superblock says {volume.Superblock.DeviceUsedBytes}");
    }

    private static void VerifyBlockGroups(BtrfsVolume volume, Dictionary<long, long> counted)
    {
        var (groups, total) = (0, 0UL);
        foreach (var item in volume.BlockGroups.All())
        {
            if (item.Key.Type != BtrfsItemType.BlockGroup) continue;
            if (volume.Chunks.At(item.Key.Id) is not { } chunk || (ulong)chunk.Start != item.Key.Id || (ulong)chunk.Length != item.Key.Offset || item.Data.Length < 24)
                throw new MalformedException($"the block group at {item.Key.Id} is not a chunk");
            var used = BinaryPrimitives.ReadUInt64LittleEndian(item.Data.Span);
            if (used != (ulong)counted.GetValueOrDefault(chunk.Start))
                throw new MalformedException($"the extents of the block group at {chunk.Start} take {counted.GetValueOrDefault(chunk.Start)} bytes, it says {used}");
            if ((BtrfsProfile)BinaryPrimitives.ReadUInt64LittleEndian(item.Data.Span[16..]) != chunk.Profile)
                throw new MalformedException($"the block group at {chunk.Start} is of another profile than its chunk");
            (groups, total) = (groups + 1, total + used);
        }
        if (groups != volume.Chunks.Chunks.Count) throw new MalformedException($"there are {volume.Chunks.Chunks.Count} chunks and {groups} block groups");
        if (total != volume.Superblock.UsedBytes) throw new MalformedException($"the block groups have {total} bytes in use, the superblock says {volume.Superblock.UsedBytes}");
    }

    /// <summary>The root of every tree is in use.</summary>
    private static void VerifyRoots(BtrfsVolume volume)
    {
        foreach (var address in volume.RootAddresses())
        {
            var isUsed = volume.Chunks.At(address) is { } chunk && BtrfsExtents.Within(volume, chunk, (long)address, (long)address + 1).Any(extent => extent.Start == (long)address);
            if (!isUsed) throw new MalformedException($"the tree of extents calls the root of a tree at {address} free");
        }
    }
}
