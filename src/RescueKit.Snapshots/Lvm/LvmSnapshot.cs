using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Snapshots.Lvm;

/// <summary>A logical volume as it was. Its guardian removes it when this program is gone; while this program lives, the guardian's work is done here.</summary>
internal sealed class LvmSnapshot : ISnapshot
{
    private readonly GuardPost _post;
    private readonly GuardedVolumes _volumes;
    private readonly IDeviceMapper _mapper;
    private readonly string _mappedName;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _isReleased;

    /// <param name="post">Owned from now on, as is <paramref name="volumes"/>.</param>
    public LvmSnapshot(string id, LiveVolume live, LogicalVolume snapshot, TimeSpan taken, GuardPost post, GuardedVolumes volumes, IDeviceMapper mapper)
    {
        (Id, _post, _volumes, _mapper, _mappedName) = (id, post, volumes, mapper, GuardedVolumes.MappedName(snapshot.Path));
        Times = new FreezeTimes(taken, taken);
        Volumes = [new FrozenVolume(live, snapshot.Node, LvmProvider.ConsistencyOf(live))];
        _timer = new Timer(_ => Look(), null, StoreWatch.Interval, StoreWatch.Interval);
    }

    public string Id { get; }
    public IReadOnlyList<FrozenVolume> Volumes { get; }
    public Consistency Consistency => Volumes[0].Consistency;

    /// <summary>What lvcreate took in all: of that, the volume is held for the smaller part.</summary>
    public FreezeTimes Times { get; }

    public void Check()
    {
        Look();
        if (SnapshotBook.StateOf(_mapper, Volumes[0].Device) is { IsLost: true })
            throw new SnapshotException($"the snapshot of {Volumes[0].Live.Name} is lost: its store is full, or it was removed", "give its volume group more free room, or run it when less is written");
    }

    public void Detach(Consistency grade)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isReleased, this);
            _post.Detach("", grade);
            _isReleased = true;
        }
        _timer.Dispose();
        _volumes.Dispose();
    }

    public string? Release()
    {
        _timer.Dispose();
        lock (_lock)
        {
            if (_isReleased) return null;
            _isReleased = true;
            return Remove();
        }
    }

    public void Dispose() => Release();

    private string? Remove()
    {
        try
        {
            if (!_post.Release())
            {
                _volumes.Remove();
                _post.Forget();
            }
            return null;
        }
        catch (SnapshotException e)
        {
            return $"The snapshot {Id} could not be removed: {e.Message}";
        }
        finally
        {
            _post.Dispose();
            _volumes.Dispose();
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (!_isReleased) _volumes.Look();
        }
    }
}
