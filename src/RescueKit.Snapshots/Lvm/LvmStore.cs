using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.Lvm;

/// <summary>The room of a logical volume's snapshot, by the rule of <see cref="StoreRoom"/>: of the group's free extents, or of the thin pool.</summary>
internal static class LvmStore
{
    private const long Least = 64 << 20;

    /// <summary>A pool that is full stops the volumes in it: before that, the snapshot has to go.</summary>
    private const double FullestPool = 0.95;

    /// <returns>The first size in bytes; null for a thin volume, which needs none of its own.</returns>
    /// <exception cref="SnapshotException">There is too little room; it says how much is missing.</exception>
    public static long? First(LogicalVolume volume)
    {
        var free = volume.IsThin ? volume.PoolFree ?? 0 : volume.GroupFree;
        var (first, least) = (StoreRoom.For(volume.Length, () => free).First, Math.Min(Least, StoreRoom.MostFor(volume.Length)));
        if (first < least)
        {
            throw new SnapshotException($"{(volume.IsThin ? $"the pool of {volume.Path}" : volume.Group)} has {free} bytes free, and a snapshot of {volume.Path} wants {2 * least}: {2 * least - free} are missing",
                volume.IsThin ? "make the pool larger: lvextend" : "give the group more room (vgextend), make another volume smaller, or image the whole disk, whose snapshot needs none of it");
        }
        return volume.IsThin ? null : Whole(first, volume);
    }

    /// <summary>What a snapshot is made larger by, in bytes; null where the group has no room.</summary>
    public static long? Step(LogicalVolume snapshot, long length)
    {
        // A snapshot is as long as its origin.
        if (StoreRoom.For(snapshot.Length, () => snapshot.GroupFree).After(length) is not { } next) return null;
        var step = Math.Min(Whole(next - length, snapshot), snapshot.GroupFree / snapshot.ExtentBytes * snapshot.ExtentBytes);
        return step > 0 ? step : null;
    }

    /// <summary>
    /// Of a pool's status: "transaction used/total-metadata used/total-data …". Source: Linux, Documentation/admin-guide/device-mapper/thin-provisioning.rst.
    /// </summary>
    public static bool IsTooFull(string status)
    {
        var words = status.Split(' ');
        return words.Length < 3 || IsFull(words[1]) || IsFull(words[2]);

        static bool IsFull(string text) => text.Split('/') is not [var used, var total] || !double.TryParse(used, out var u) || !double.TryParse(total, out var t) || u > t * FullestPool;
    }

    private static long Whole(long bytes, LogicalVolume volume) => (bytes + volume.ExtentBytes - 1) / volume.ExtentBytes * volume.ExtentBytes;
}
