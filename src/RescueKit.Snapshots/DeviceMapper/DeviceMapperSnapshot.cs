using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>A snapshot that lives: its stores are watched and made larger before they are full.</summary>
internal sealed class DeviceMapperSnapshot : ISnapshot
{
    /// <summary>A disk writes some hundred MB in this time; the step by which stores grow is more.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private readonly SetMaking _making;
    private readonly IDeviceMapper _mapper;
    private readonly Timer _watch;
    private readonly Lock _lock = new();
    private string? _lost;
    private bool _isReleased;

    public DeviceMapperSnapshot(SetMaking making, IDeviceMapper mapper, FreezeOutcome outcome)
    {
        (_making, _mapper) = (making, mapper);
        Times = new FreezeTimes(TimeSpan.FromMicroseconds(outcome.Frozen), TimeSpan.FromMicroseconds(outcome.Held));
        Volumes = [.. making.Volumes.Select((live, i) => new FrozenVolume(live, ReadOnlyNode(SetNames.FrozenOf(making.Set, i).Name), SetMaking.ConsistencyOf(live)))];
        _watch = new Timer(_ => Watch(), null, s_look, s_look);
    }

    public string Id => _making.Set;
    public IReadOnlyList<FrozenVolume> Volumes { get; }
    public Consistency Consistency => Volumes.Max(volume => volume.Consistency);
    public FreezeTimes Times { get; }

    public void Check()
    {
        Watch();
        if (_lost is { } how) throw new SnapshotException(how, "give it more room: --store FOLDER on a disk that is not imaged; or run the backup when less is written");
    }

    public string? Release()
    {
        _watch.Dispose();
        lock (_lock)
        {
            if (_isReleased) return null;
            _isReleased = true;
            return _making.Abandon();
        }
    }

    public void Dispose() => Release();

    private void Watch()
    {
        lock (_lock)
        {
            if (_isReleased || _lost is not null) return;
            for (var i = 0; i < Volumes.Count; i++)
            {
                var status = StatusOf(SetNames.FrozenOf(Id, i).Name);
                if (StoreUse.Parse(status) is not { } use)
                {
                    _lost = $"the snapshot of {Volumes[i].Live.Name} is lost: {Explain(status, _making.Stores[i])}";
                    return;
                }
                if (use.IsNearlyFull) _making.Stores[i].Grow();
            }
        }
    }

    private string StatusOf(string name)
    {
        try
        {
            return _mapper.Status(name) is [{ } only] ? only.Parameters : "gone";
        }
        catch (DeviceMapperException e)
        {
            return e.Message;
        }
    }

    private static string Explain(string status, ICowStore store) => status switch
    {
        "Invalid" or "Overflow" => FormattableString.Invariant($"its copy-on-write store in {store.Where} took no more than {store.Length >> 20} MiB, or failed"),
        "gone" => "somebody removed it",
        _ => status,
    };

    private string ReadOnlyNode(string name)
    {
        var node = _mapper.Find(name)!.Node;
        unsafe
        {
            var yes = 1;
            using var device = Kernel.Open(node, Kernel.ReadOnly);
            if (device is not null) _ = Kernel.Control(device, Kernel.SetReadOnly, &yes);
        }
        return node;
    }
}
