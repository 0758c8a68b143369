using RescueKit.Snapshots.DeviceMapper;

namespace RescueKit.Snapshots.Stores;

/// <summary>A piece of a block device, cut out by a linear mapping that is removed with the set. As large as it will ever be.</summary>
internal sealed class DeviceStore(string number, string where, long length, long volumeLength) : ICowStore
{
    public string Number => number;
    public string Where => where;
    public long Length => length;

    public static DeviceStore Adopt(StoreHandover from) => new(from.Number, from.Where, from.Length, from.VolumeLength);

    public StoreHandover Handover() => new(Environment.ProcessId, -1, "", number, where, length, volumeLength);

    public bool Grow() => false;

    /// <summary>The mapping is a part of the set: <see cref="SetRemoval"/>.</summary>
    public void Dispose()
    {
    }
}
