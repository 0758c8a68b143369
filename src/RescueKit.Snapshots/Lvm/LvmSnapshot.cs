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
    private readonly Lookout _lookout;
    private readonly Lock _lock = new();
    private bool _isReleased;

    /// <param name="post">Owned once this is made.</param>
    /// <param name="store">In words.</param>
    public LvmSnapshot(string id, LiveVolume live, LogicalVolume snapshot, TimeSpan taken, string store, GuardPost post, GuardedVolumes volumes, IDeviceMapper mapper)
    {
        (Id, _post, _volumes, _mapper) = (id, post, volumes, mapper);
        Times = new FreezeTimes(taken, taken);
        Volumes = [new FrozenVolume(live, snapshot.Node, LvmProvider.ConsistencyOf(live))];
        post.Record(SnapshotRecord.Of(LvmProvider.ProviderName, DateTimeOffset.UtcNow, this, [store]));
        _lookout = new Lookout(Look, StoreWatch.Interval);
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
        _lookout.Dispose();
    }

    public string? Release()
    {
        _lookout.Dispose();
        lock (_lock)
        {
            if (_isReleased) return null;
            _isReleased = true;
            return TakeAway(_post, _volumes) is { } why ? $"The snapshot {Id} could not be removed: {why}" : null;
        }
    }

    public void Dispose() => Release();

    /// <summary>Removed by the guardian, or without it where it is dead.</summary>
    /// <returns>Null where nothing is left; else why not.</returns>
    internal static string? TakeAway(GuardPost post, GuardedVolumes volumes)
    {
        try
        {
            if (!post.Release())
            {
                volumes.Remove();
                post.Forget();
            }
            return null;
        }
        catch (SnapshotException e)
        {
            return e.Message;
        }
        finally
        {
            post.Dispose();
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
