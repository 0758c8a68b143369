using System.Security.Cryptography;
using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>
/// Snapshots of volumes that are read and written through a linear mapping: while the system runs, the mapping is exchanged for a
/// snapshot's origin and back again. Source: Linux, Documentation/admin-guide/device-mapper/snapshot.rst.
/// </summary>
public sealed class DeviceMapperProvider : ISnapshotProvider
{
    internal const string ProviderName = "device-mapper";
    private const int Sector = 512;

    /// <summary>Starting a program on a busy machine takes a while.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly SnapshotOptions _options;
    private readonly IDeviceMapper _mapper;
    private readonly Func<ICowStores> _stores;
    private readonly HelperStart _start;

    /// <exception cref="SnapshotException">The kernel has no device mapper, or this is not root.</exception>
    public DeviceMapperProvider(SnapshotOptions options) : this(options, new DmControl(), () => new StoreChoice(options.Store), options.Helper.Start)
    {
    }

    /// <param name="stores">Asked once for each set.</param>
    internal DeviceMapperProvider(SnapshotOptions options, IDeviceMapper mapper, Func<ICowStores> stores, HelperStart start) =>
        (_options, _mapper, _stores, _start) = (options, mapper, stores, start);

    public string Name => ProviderName;

    public Refusal? Refuses(LiveVolume volume)
    {
        try
        {
            return Refuses(volume, Mapping(volume));
        }
        catch (DeviceMapperException e)
        {
            throw new SnapshotException($"whether {volume.Name} can be frozen cannot be seen: {e.Message}", null, e);
        }
    }

    public ISnapshot Take(IReadOnlyList<LiveVolume> volumes, IInstantParty party)
    {
        if (volumes.Count is 0 or > FreezeBoard.MostVolumes) throw new ArgumentOutOfRangeException(nameof(volumes), volumes.Count, "too few or too many volumes");
        var set = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var making = new SetMaking(_mapper, _stores(), _start, _options, set);
        try
        {
            making.Prepare([.. volumes.Select(volume => (volume, MappingToFreeze(volume)))]);
            return new DeviceMapperSnapshot(making, _mapper, making.Freeze(party, s_patience));
        }
        catch (DeviceMapperException e)
        {
            making.Dispose();
            throw new SnapshotException($"the snapshot could not be made: {e.Message}", "the running system goes on as before", e);
        }
        catch
        {
            making.Dispose();
            throw;
        }
    }

    /// <summary>A set whose guardian lives is none; the lock of its shared file tells.</summary>
    public IReadOnlyList<string> RemoveStale()
    {
        var done = new List<string>();
        // A page alone is one of a set whose devices are not made yet, unless something is frozen.
        var frozen = SnapshotBook.Pages(_options.Folder)
            .Where(page => FreezeBoard.MarksAny(page) || FreezeBoard.LeftBehind(page)?.Taken?.Provider == ProviderName).Select(page => Path.GetFileName(page));
        foreach (var set in Sets().Union(frozen).ToList())
        {
            var path = Path.Combine(_options.Folder, set);
            using var file = Kernel.Open(path, Kernel.ReadWrite);
            if (file is not null && !Kernel.TryLock(file)) continue;
            try
            {
                FreezeKit.ThawLeft(path);
                done.AddRange(SetRemoval.Remove(_mapper, set));
            }
            catch (DeviceMapperException e)
            {
                done.Add($"The snapshot {set}, which nobody holds any more, could not be removed: {e.Message}");
            }
            File.Delete(path);
        }
        return done;
    }

    /// <param name="real">Number of what the volume really lies on now.</param>
    private Refusal HasOne(string real) => _mapper.List().FirstOrDefault(device => device.Number == real) is { } device && SetNames.Parse(device.Id) is { Set: var set }
        ? HasSet(set)
        : new Refusal("has a snapshot of another program already", "wait until that program has removed it");

    private static Refusal HasSet(string set) =>
        new Refusal($"has a snapshot already, {set}", $"wait until the run that made it has ended; where 'snapshot create' made it: rescuekit snapshot release {set}");

    private Refusal? Refuses(LiveVolume volume, MappedDevice? mapping) => mapping is null ? Refusal.NoMapping : _mapper.Table(mapping.Name) switch
    {
        // Of a mapping on a partition, it is what a snapshot has put between the two that lies on the partition now.
        _ when SetNames.Parse(mapping.Id) is { Set: var set } => HasSet(set),
        _ when mapping.Id.StartsWith("LVM-", StringComparison.Ordinal) => new Refusal("is a logical volume",
            $"take it by itself, with LVM's own snapshot: rescuekit image create --hot /dev/mapper/{mapping.Name} IMAGE; or name the whole disk that its volume group lies on"),
        [{ Type: "linear" } only] when only.Length * Sector == volume.Length => null,
        [{ Type: "snapshot-origin", Parameters: var real }] => HasOne(real),
        _ => new Refusal("lies on a mapping that is not linear", "name the partition that it lies on, or its whole disk; where that has no mapping of its own: run 'rescuekit agent install' and restart once"),
    };

    private MappedDevice MappingToFreeze(LiveVolume volume)
    {
        var mapping = Mapping(volume);
        return Refuses(volume, mapping) is { } why ? throw new SnapshotException($"{volume.Name} {why.Reason}", why.Remedy) : mapping!;
    }

    private IReadOnlyList<string> Sets()
    {
        try
        {
            return SetRemoval.Sets(_mapper);
        }
        catch (DeviceMapperException e)
        {
            throw new SnapshotException($"what is left of snapshots cannot be seen: {e.Message}", null, e);
        }
    }

    private MappedDevice? Mapping(LiveVolume volume) => _mapper.List().FirstOrDefault(device => device.Number == volume.Number);
}
