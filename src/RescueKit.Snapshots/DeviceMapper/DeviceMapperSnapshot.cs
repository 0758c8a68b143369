using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>A snapshot that lives: its stores are watched and made larger before they are full.</summary>
internal sealed class DeviceMapperSnapshot : ISnapshot
{
    private readonly SetMaking _making;
    private readonly IDeviceMapper _mapper;
    private readonly StoreWatch _watch;
    private readonly Lookout _lookout;
    private readonly Lock _lock = new();
    private bool _isReleased;

    public DeviceMapperSnapshot(SetMaking making, IDeviceMapper mapper, FreezeOutcome outcome)
    {
        (_making, _mapper) = (making, mapper);
        Times = new FreezeTimes(TimeSpan.FromMicroseconds(outcome.Frozen), TimeSpan.FromMicroseconds(outcome.Held));
        Volumes = [.. making.Volumes.Select((live, i) => new FrozenVolume(live, ReadOnlyNode(SetNames.FrozenOf(making.Set, i).Name), making.ConsistencyOf(live)))];
        _watch = new StoreWatch(mapper, making.Set, [.. making.Volumes.Select(live => live.Name)], making.Stores);
        making.Record(SnapshotRecord.Of(DeviceMapperProvider.ProviderName, DateTimeOffset.UtcNow, this, [.. making.Stores.Select(store => store.Where)]));
        // Where anything before fails, the stores go, and nobody may look at them any more.
        _lookout = new Lookout(Watch, StoreWatch.Interval);
    }

    public string Id => _making.Set;
    public IReadOnlyList<FrozenVolume> Volumes { get; }
    public Consistency Consistency => Volumes.Max(volume => volume.Consistency);
    public FreezeTimes Times { get; }

    public void Check()
    {
        Watch();
        if (_watch.Lost is { } how) throw new SnapshotException(how, "give it more room: --store FOLDER on a disk that is not imaged; or run the backup when less is written");
    }

    public string? Release()
    {
        _lookout.Dispose();
        lock (_lock)
        {
            if (_isReleased) return null;
            _isReleased = true;
            return _making.Abandon();
        }
    }

    public void Dispose() => Release();

    public void Detach(Consistency grade)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isReleased, this);
            _making.Detach(grade);
            _isReleased = true;
        }
        _lookout.Dispose();
    }

    private void Watch()
    {
        lock (_lock)
        {
            if (!_isReleased) _watch.Look();
        }
    }

    private string ReadOnlyNode(string name)
    {
        var node = _mapper.Find(name)?.Node ?? throw new SnapshotException($"somebody removed {name}, which had just been made");
        unsafe
        {
            var yes = 1;
            using var device = Kernel.Open(node, Kernel.ReadOnly);
            if (device is not null) _ = Kernel.Control(device, Kernel.SetReadOnly, &yes);
        }
        return node;
    }
}
