using System.Diagnostics;
using System.Security.Cryptography;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Lvm;

/// <summary>
/// Snapshots of single logical volumes by lvm2's own tools, which suspend and freeze by themselves. Not for whole disks: volumes would be frozen one
/// after another, and the snapshot is written into the group's metadata.
/// </summary>
public sealed class LvmProvider : ISnapshotProvider
{
    internal const string ProviderName = "lvm";

    private readonly SnapshotOptions _options;
    private readonly ILvm _lvm;
    private readonly IDeviceMapper _mapper;
    private readonly HelperStart _start;

    /// <exception cref="SnapshotException">The kernel has no device mapper, or this is not root.</exception>
    public LvmProvider(SnapshotOptions options) : this(options, new LvmTools(), new DmControl(), options.Helper.Start)
    {
    }

    internal LvmProvider(SnapshotOptions options, ILvm lvm, IDeviceMapper mapper, HelperStart start) => (_options, _lvm, _mapper, _start) = (options, lvm, mapper, start);

    public string Name => ProviderName;

    public Refusal? Refuses(LiveVolume volume) => WhyNot(Find(volume));

    public ISnapshot Take(IReadOnlyList<LiveVolume> volumes, IInstantParty party)
    {
        if (volumes is not [var live]) throw new SnapshotException("LVM freezes one volume at a time", "take them one by one, or the whole disk: its partitions are frozen together");
        var origin = Find(live);
        if (WhyNot(origin) is { } why) throw new SnapshotException($"{live.Name} {why.Reason}", why.Remedy);
        if (_options.Store is { } store) throw new SnapshotException($"{live.Name} is a logical volume: what is overwritten is kept in its own volume group, not in {store}", "leave --store out");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        try
        {
            return Take(live, origin!, id, LvmStore.First(origin!), party);
        }
        catch (LvmException e)
        {
            throw new SnapshotException($"the snapshot could not be made: {e.Message}", "the running system goes on as before", e);
        }
    }

    /// <summary>One whose guardian lives is none. After a restart nobody lives.</summary>
    public IReadOnlyList<string> RemoveStale()
    {
        var done = new List<string>();
        foreach (var (volume, id) in Volumes().Select(volume => (volume, LvmNames.IdOf(volume))).Where(found => found.Item2 is not null).ToList())
        {
            var page = Path.Combine(_options.Folder, id!);
            using var file = Kernel.Open(page, Kernel.ReadWrite);
            if (file is not null && !Kernel.TryLock(file)) continue;
            try
            {
                _lvm.Remove(volume.Path);
                done.Add($"{volume.Path}, a snapshot that nobody held any more, was removed.");
            }
            catch (LvmException e)
            {
                done.Add($"{volume.Path}, a snapshot that nobody holds any more, could not be removed: {e.Message}");
                continue;
            }
            // After a restart there is none, and no folder for it.
            if (file is not null) File.Delete(page);
        }
        return done;
    }

    /// <summary>The suspension freezes what lies on the volume itself; of what lies on further layers nobody knows.</summary>
    internal static Consistency ConsistencyOf(LiveVolume volume) => volume.FileSystems.All(system => system.Number == volume.Number) ? Consistency.FileSystem : Consistency.Crash;

    private static Refusal? WhyNot(LogicalVolume? volume) => volume switch
    {
        null => new Refusal("is no logical volume", "name the logical volume itself, or the whole disk that it lies on"),
        { Origin: { Length: > 0 } origin, IsThin: false } => new Refusal($"is a snapshot itself, of {volume.Group}/{origin}", $"name that: /dev/{volume.Group}/{origin}"),
        { IsThin: true } => null,
        { Type: "linear" or "striped" } => null,
        { Type: var type } => new Refusal($"is a logical volume of type {type}, of which LVM makes no snapshots here", "name the whole disk that its volume group lies on"),
    };

    private LvmSnapshot Take(LiveVolume live, LogicalVolume origin, string id, long? room, IInstantParty party)
    {
        var name = LvmNames.Of(id);
        var guarded = new GuardedVolumes(_lvm, _mapper, [$"{origin.Group}/{name}"]);
        // The guardian first: whatever is made has somebody who removes it.
        var post = new GuardPost(_start, new FreezeScript(Path.Combine(_options.Folder, id), [], [], [], 0, 0) { LogicalVolumes = [$"{origin.Group}/{name}"] });
        try
        {
            var taken = Freeze(origin, name, room, party);
            var made = _lvm.List().FirstOrDefault(volume => volume.Group == origin.Group && volume.Name == name) ?? throw new LvmException($"{origin.Group}/{name} is not there");
            return new LvmSnapshot(id, live, made, taken, origin.IsThin ? $"the pool of {origin.Path}" : $"the group {origin.Group}", post, guarded, _mapper);
        }
        catch
        {
            LvmSnapshot.TakeAway(post, guarded);
            throw;
        }
    }

    /// <returns>How long it took.</returns>
    private TimeSpan Freeze(LogicalVolume origin, string name, long? room, IInstantParty party)
    {
        var isTaken = false;
        try
        {
            party.Freeze();
            var begun = Stopwatch.GetTimestamp();
            _lvm.Snapshot(origin, name, LvmNames.Tag, room);
            var took = Stopwatch.GetElapsedTime(begun);
            if (took > _options.FreezeLimit) throw new SnapshotException($"no snapshot could be taken: it took {took.TotalSeconds:0} s, more than the {_options.FreezeLimit.TotalSeconds:0} s allowed", "try again when it is less busy");
            isTaken = true;
            return took;
        }
        finally
        {
            party.Thaw(isTaken);
        }
    }

    private LogicalVolume? Find(LiveVolume volume) => Volumes().FirstOrDefault(found => found.Number == volume.Number);

    private IReadOnlyList<LogicalVolume> Volumes()
    {
        try
        {
            return _lvm.List();
        }
        catch (LvmException e)
        {
            throw new SnapshotException($"LVM's volumes cannot be listed: {e.Message}", "install lvm2, and run it as root", e);
        }
    }
}
