using System.Text.Json;
using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>The way of one set of volumes from running to frozen.</summary>
internal sealed class SetMaking(IDeviceMapper mapper, ICowStores stores, HelperStart start, SnapshotOptions options, string set) : IDisposable
{
    private const int Sector = 512;
    private readonly List<ICowStore> _stores = [];
    private IReadOnlyList<(LiveVolume Live, MappedDevice Mapping)> _volumes = [];
    private GuardPost? _post;

    /// <summary>Numbers of the volumes that something uses of which nothing is known.</summary>
    private HashSet<string> _unknown = [];

    public string Set => set;
    public IReadOnlyList<ICowStore> Stores => _stores;
    public IReadOnlyList<LiveVolume> Volumes => [.. _volumes.Select(volume => volume.Live)];

    private string SharedFile => Path.Combine(options.Folder, set);

    /// <summary>Everything that can be done while the system runs: the guardian is there first, so that whatever is made has somebody who removes it.</summary>
    public void Prepare(IReadOnlyList<(LiveVolume Live, MappedDevice Mapping)> volumes)
    {
        _volumes = volumes;
        _post = new GuardPost(start, Script());
        using var alone = Alone();
        for (var i = 0; i < volumes.Count; i++)
        {
            var (live, mapping) = volumes[i];
            var table = mapper.Table(mapping.Name);
            // Another program may have been quicker since it was asked for: two tables beside the active one there cannot be.
            if (table is not [{ Type: "linear" }] || mapper.LoadedTable(mapping.Name).Count > 0) throw new SnapshotException($"{live.Name} has a snapshot already, or is about to get one", "wait until the other backup has ended");
            var (realName, realId) = SetNames.RealOf(set, i);
            var (frozenName, frozenId) = SetNames.FrozenOf(set, i);
            var real = mapper.Create(realName, realId);
            mapper.Load(realName, table);
            mapper.Resume(realName, hidden: true);
            var store = stores.Make(mapper, set, i, Volumes);
            _stores.Add(store);
            mapper.Create(frozenName, frozenId);
            // Kept in memory only what lies where: after a power cut there is nothing to be mistaken for a snapshot.
            mapper.Load(frozenName, [new MapTarget(0, live.Length / Sector, "snapshot", FormattableString.Invariant($"{real.Number} {store.Number} N {store.ChunkBytes / Sector}"))]);
            mapper.Load(mapping.Name, [new MapTarget(0, live.Length / Sector, "snapshot-origin", real.Number)]);
        }
    }

    /// <summary>Held while tables are loaded: of two programs that want a snapshot of one volume at once, the second sees what the first has done.</summary>
    private FileStream Alone()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(options.Folder + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < 300)
            {
                Thread.Sleep(100);
            }
            catch (IOException e)
            {
                throw new SnapshotException($"another snapshot is being made: {e.Message}", "try again", e);
            }
        }
    }

    /// <exception cref="SnapshotException">It failed or took too long; everything is thawed.</exception>
    public FreezeOutcome Freeze(IInstantParty party, TimeSpan patience)
    {
        using var freezer = start(SnapshotHelper.FreezerRole, _post!.Words, patience);
        var isTaken = false;
        try
        {
            party.Freeze();
            // As late as it can be: what is mounted after this, the suspension freezes.
            LookForUnknown();
            var outcome = Freeze(freezer, patience);
            isTaken = true;
            return outcome;
        }
        finally
        {
            party.Thaw(isTaken);
        }
    }

    /// <summary>What is mounted in another namespace, or was after the file systems were looked for, is not among them.</summary>
    private void LookForUnknown()
    {
        if (_volumes.All(volume => volume.Live.FileSystems.Count > 0)) return;
        var stack = new MapStack(mapper);
        _unknown = [.. _volumes.Where(volume => volume.Live.FileSystems.Count == 0 && stack.IsHeld(volume.Mapping)).Select(volume => volume.Live.Number)];
    }

    private FreezeOutcome Freeze(IHelper freezer, TimeSpan patience)
    {
        _post!.Say(SnapshotHelper.Arm);
        freezer.Say(SnapshotHelper.Go);
        // The guardian ends what takes longer than the limit; a call that hangs in the kernel even it cannot end.
        var answer = freezer.Hear(options.FreezeLimit + patience);
        if (answer is null)
        {
            _post!.Say(SnapshotHelper.GiveUp);
            freezer.Kill();
            throw _post.IsFreezing
                ? new SnapshotException("the kernel does not end the call that freezes a file system; whatever it freezes is thawed at once when it does", "look at the disks: dmesg; then try again")
                : new SnapshotException("the process that freezes the file systems died; they have been thawed again", "try again");
        }
        _post!.Say(SnapshotHelper.Disarm);
        var outcome = JsonSerializer.Deserialize(answer, FreezeJson.Default.FreezeOutcome)!;
        return outcome.Problem is { } problem
            ? throw new SnapshotException($"no snapshot could be taken: {problem}", "the running system goes on as before; try again when it is less busy")
            : outcome;
    }

    /// <summary>Writes down what others are told of it.</summary>
    public void Record(SnapshotRecord record) => _post!.Record(record);

    /// <summary>From now on the guardian has the stores, and nothing of the set depends on this program.</summary>
    /// <exception cref="SnapshotException">It did not take them.</exception>
    public void Detach(Consistency grade)
    {
        _post!.Detach(JsonSerializer.Serialize([.. _stores.Select(store => store.Handover())], FreezeJson.Default.IReadOnlyListStoreHandover), grade);
        LetGo();
    }

    /// <summary>Everything is removed, by the guardian, or without it where it is dead.</summary>
    /// <returns>Null where nothing is left; else why not.</returns>
    public string? Abandon()
    {
        // The guardian is the first thing that is made.
        if (_post is not { } post) return null;
        try
        {
            if (post.Release()) return null;
            if (post.IsFreezing) return $"The snapshot {set} goes when the kernel ends the call that freezes a file system; its guardian sees to that.";
            FreezeKit.ThawLeft(SharedFile);
            SetRemoval.Remove(mapper, set);
            post.Forget();
            return null;
        }
        catch (DeviceMapperException e)
        {
            return $"The snapshot {set} could not be removed: {e.Message}";
        }
        finally
        {
            LetGo();
        }
    }

    private void LetGo()
    {
        _post?.Dispose();
        _post = null;
        foreach (var store in _stores) store.Dispose();
        _stores.Clear();
    }

    public void Dispose() => Abandon();

    private FreezeScript Script()
    {
        var fileSystems = _volumes.SelectMany(volume => volume.Live.FileSystems).OrderByDescending(system => system.Depth).DistinctBy(system => system.Number).Where(CanFreeze).ToList();
        var stack = new MapStack(mapper);
        // A suspension that freezes waits for who writes there, and who writes may read from any other volume: those come while none is suspended.
        // Of volumes that lie on one another the upper one is suspended while its reads still end.
        var volumes = _volumes.OrderByDescending(volume => FreezesItself(volume.Live)).ThenBy(volume => stack.LayersAbove(volume.Mapping)).ToList();
        return new FreezeScript(
            SharedFile,
            [.. fileSystems.Select(system => new FrozenFileSystem(system.MountPoint, system.Depth))],
            [.. volumes.Select(volume => new HeldVolume(volume.Mapping.Name, FreezesItself(volume.Live)))],
            [.. _volumes.Select((_, i) => SetNames.FrozenOf(set, i).Name)],
            (int)options.FreezeLimit.TotalMilliseconds, (int)options.HoldLimit.TotalMilliseconds)
        {
            OnVolumes = [.. volumes.Select(volume => (IReadOnlyList<int>)[.. Enumerable.Range(0, fileSystems.Count)
                .Where(i => volume.Live.FileSystems.Any(system => system.Number == fileSystems[i].Number))])],
        };
    }

    /// <summary>Where no file system is known there may be one all the same (<see cref="LookForUnknown"/>); where there is none, nothing is frozen.</summary>
    private static bool FreezesItself(LiveVolume volume) =>
        volume.FileSystems.Count == 0 || volume.FileSystems.Any(system => !CanFreeze(system) && system.Number == volume.Number);

    /// <summary>
    /// What can be frozen neither by itself nor by its volume's suspension, since other layers lie between, is as after a power cut; and so is
    /// what nothing is known of, since it need not be a file system that the kernel can freeze from below.
    /// </summary>
    public Consistency ConsistencyOf(LiveVolume volume) =>
        !_unknown.Contains(volume.Number)
        && volume.FileSystems.All(system => CanFreeze(system) || IsNeverWritten(system) || (system.Number == volume.Number && !IsOfUser(system))) ? Consistency.FileSystem : Consistency.Crash;

    /// <summary>
    /// The kernel refuses FIFREEZE where there is no freeze operation (Linux, fs/ioctl.c: FAT, NTFS, UDF, FUSE and others); a suspension of the
    /// volume that it lies on syncs and holds it all the same.
    /// </summary>
    internal static bool CanFreeze(LiveFileSystem system) =>
        system.Type is "ext2" or "ext3" or "ext4" or "xfs" or "btrfs" or "f2fs" or "jfs" or "nilfs2" or "reiserfs" or "gfs2";

    /// <summary>What its program has not written yet the kernel cannot know.</summary>
    private static bool IsOfUser(LiveFileSystem system) => system.Type.StartsWith("fuse", StringComparison.Ordinal);

    /// <summary>Of a kind that is packed once and read ever after.</summary>
    private static bool IsNeverWritten(LiveFileSystem system) => system.Type is "squashfs" or "erofs" or "cramfs" or "romfs" or "iso9660";
}
