using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>Stores of a machine: how many are open is what could be left of them.</summary>
internal sealed class FakeStores(Faults faults) : ICowStores
{
    public int Open { get; private set; }

    public ICowStore Make(IDeviceMapper mapper, string set, int index, IReadOnlyList<LiveVolume> all)
    {
        if (faults.Call()) throw new SnapshotException("there is no room for a store");
        return new Store(this, $"7:{Open++}");
    }

    /// <summary>The kernel takes those of dead processes away.</summary>
    public void Forget() => Open = 0;

    private sealed class Store(FakeStores all, string number) : ICowStore
    {
        private bool _isDisposed;

        public string Number => number;
        public string Where => "memory";
        public long Length => 1 << 30;

        public StoreHandover Handover() => new(0, -1, "", Number, Where, Length, Length);

        public bool Grow() => false;

        public void Dispose()
        {
            if (!_isDisposed && all.Open > 0) all.Open--;
            _isDisposed = true;
        }
    }
}
