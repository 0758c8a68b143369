using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;

namespace RescueKit.Snapshots.Stores;

/// <summary>Makes the stores of one set.</summary>
internal interface ICowStores
{
    /// <param name="index">Of the volume that it is for.</param>
    /// <param name="all">Every volume of the set: a store must lie on none of them.</param>
    /// <exception cref="SnapshotException">There is no room.</exception>
    ICowStore Make(IDeviceMapper mapper, string set, int index, IReadOnlyList<LiveVolume> all);
}
