using RescueKit.Agent.Protocol;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Places;

/// <summary>All places: those that were attached, and what the system has mounted.</summary>
/// <param name="mustBeFree">Refuses disks that a run uses.</param>
/// <param name="workingFolder">A place of its own in a normal system; null in the rescue environment.</param>
internal sealed class PlaceBook(Mounter mounter, SystemMounts mounts, Action<IEnumerable<string>> mustBeFree, string? workingFolder, Action<string> log)
{
    public const string StickId = "stick";

    private readonly Lock _lock = new();

    /// <summary>Held while a partition is mounted, so that two who ask for the same one get the same place.</summary>
    private readonly Lock _mounting = new();
    private readonly Dictionary<string, Attached> _attached = [];
    private readonly PlaceProbe _probe = new();
    private int _last;

    /// <summary>The stick's folder where it can be written to.</summary>
    public string? StickFolder
    {
        get
        {
            lock (_lock) return _attached.TryGetValue(StickId, out var stick) && stick.Request.Writable && Directory.Exists(stick.Path) ? stick.Path : null;
        }
    }

    /// <summary>Another one after a place has come or gone; none of them is touched.</summary>
    public string Mark()
    {
        List<string> marks;
        lock (_lock) marks = [.. _attached.Values.Select(place => $"{place.Id}={place.Path}")];
        return string.Join(' ', marks.Concat(mounts.Places().Select(mount => $"{mount.Point}={mount.Source}")));
    }

    public IReadOnlyList<Place> List()
    {
        LetGoOfWhatWasPulled();
        List<Attached> attached;
        lock (_lock) attached = [.. _attached.Values];
        var points = attached.Select(place => place.Path).ToHashSet();
        var known = attached.Select(Bare).Concat(FromSystem().Where(place => !points.Contains(place.Path)));
        return Task.WhenAll(known.Select(place => Task.Run(() => _probe.Fill(place)))).GetAwaiter().GetResult();
    }

    /// <exception cref="UsageException">There is no such place.</exception>
    /// <exception cref="DeviceException">It cannot be used now.</exception>
    public Place Get(string id)
    {
        var place = List().FirstOrDefault(place => place.Id == id) ?? throw new UsageException($"there is no place {id}", "look at the list of places");
        return place.Error is null ? place : throw new DeviceException($"{place.Name} cannot be used: {place.Error}", "attach it again");
    }

    /// <exception cref="RescueKitException">It cannot be attached.</exception>
    public Place Attach(PlaceRequest request)
    {
        LetGoOfWhatWasPulled();
        if (request.Kind is PlaceKind.Partition or PlaceKind.Stick)
        {
            lock (_mounting) return Known(request) ?? AttachPartition(request);
        }
        return Known(request) ?? (request.Kind == PlaceKind.Folder ? AttachFolder(request) : Mount(request));
    }

    /// <exception cref="UsageException">It was not attached here.</exception>
    /// <exception cref="DeviceException">It is in use.</exception>
    public void Detach(string id)
    {
        Attached? place;
        lock (_lock) place = _attached.GetValueOrDefault(id);
        if (place is null) throw new UsageException($"{id} was not attached here", "what the system has mounted is unmounted by hand");
        if (place.Mounted is { } mounted) mounter.Unmount(mounted, NameOf(place.Request));
        lock (_lock) _attached.Remove(id);
        log($"detached {NameOf(place.Request)}");
    }

    /// <summary>Detaches all; what is in use stays.</summary>
    public void DetachAll()
    {
        List<string> ids;
        lock (_lock) ids = [.. _attached.Keys];
        foreach (var id in ids)
        {
            try
            {
                Detach(id);
            }
            catch (RescueKitException e)
            {
                log(e.Message);
            }
        }
    }

    /// <summary>What was mounted from a disk that is not there any more is taken off, so that the disk can be attached again when it is back.</summary>
    public void LetGoOfWhatWasPulled()
    {
        List<Attached> pulled;
        lock (_lock)
        {
            pulled = [.. _attached.Values.Where(place => place.IsPulled)];
            foreach (var place in pulled) _attached.Remove(place.Id);
        }
        foreach (var place in pulled)
        {
            mounter.Abandon(place.Mounted!);
            log($"{NameOf(place.Request)} is gone: it was unplugged");
        }
    }

    private Place AttachPartition(PlaceRequest request)
    {
        mustBeFree(DiskInventory.DisksBelow(request.Address).Prepend(request.Address));
        return Mount(request);
    }

    private Place Mount(PlaceRequest request)
    {
        var id = NewId(request);
        return Keep(new Attached(id, request, mounter.Mount(id, request)));
    }

    private string NewId(PlaceRequest request)
    {
        lock (_lock) return request.Kind == PlaceKind.Stick ? StickId : $"p{++_last}";
    }

    private Place AttachFolder(PlaceRequest request)
    {
        var path = Path.GetFullPath(request.Address);
        if (!Directory.Exists(path)) throw new UsageException($"there is no folder {path}", "make it first");
        return Keep(new Attached(NewId(request), request with { Address = path }, null));
    }

    private Place Keep(Attached place)
    {
        lock (_lock) _attached.Add(place.Id, place);
        log($"attached {NameOf(place.Request)} at {place.Path}{(place.Request.Writable ? "" : ", read-only")}");
        return _probe.Fill(Bare(place));
    }

    /// <summary>What is attached or mounted already is not mounted a second time.</summary>
    private Place? Known(PlaceRequest request)
    {
        Attached? same;
        lock (_lock) same = _attached.Values.FirstOrDefault(place => IsSame(place.Request, request));
        if (same is not null)
        {
            if (request.Writable && !same.Request.Writable && same.Mounted is not null)
                throw new UsageException($"{NameOf(request)} is attached already, read-only", "detach it first");
            return _probe.Fill(Bare(same));
        }
        if (request.Kind is not (PlaceKind.Partition or PlaceKind.Stick)) return null;
        var mount = mounts.All.FirstOrDefault(mount => mount.Source.StartsWith('/') && DiskInventory.AreSame(mount.Source, request.Address));
        if (mount is null) return null;
        // A host that takes the place of one that crashed finds the stick mounted.
        return request.Kind == PlaceKind.Stick
            ? Keep(new Attached(StickId, request with { Writable = !SystemMounts.IsReadOnly(mount) }, new Mounted(mount.Point, mount.Type, null)))
            : _probe.Fill(OfMount(mount));
    }

    /// <summary>A share is another one for another user, and at another port.</summary>
    private static bool IsSame(PlaceRequest one, PlaceRequest other) => one.Kind == other.Kind && (one.Address.StartsWith("/dev/", StringComparison.Ordinal)
        ? DiskInventory.AreSame(one.Address, other.Address)
        : (one.Address, one.User, one.Options) == (other.Address, other.User, other.Options));

    private IEnumerable<Place> FromSystem()
    {
        if (workingFolder is not null && Directory.Exists(workingFolder))
            yield return new Place("here", PlaceKind.Folder, "the current folder", workingFolder, null, null, null, false, null, null).LyingOn(DisksOf(workingFolder));
        foreach (var mount in mounts.Places()) yield return OfMount(mount);
    }

    private static Place OfMount(Mount mount) => new Place(
        $"mounted:{mount.Point}", SystemMounts.KindOf(mount), mount.Source.StartsWith("/dev/", StringComparison.Ordinal) ? mount.Point : mount.Source,
        mount.Point, mount.Type, null, null, SystemMounts.IsReadOnly(mount), null, null).LyingOn(mount.Source.StartsWith('/') ? DisksOf(mount.Source) : []);

    private static Place Bare(Attached place) => new Place(
        place.Id, place.Request.Kind, NameOf(place.Request), place.Path, place.Mounted?.FileSystem, null, null,
        place.Mounted is not null && !place.Request.Writable, null, null).LyingOn(place.Disks);

    private static string NameOf(PlaceRequest request) => request.Kind == PlaceKind.Stick ? "this stick" : request.Address;

    private static IReadOnlyList<string> DisksOf(string path) => DiskInventory.DisksBelow(path);

    /// <param name="Mounted">Null for a plain folder.</param>
    private sealed record Attached(string Id, PlaceRequest Request, Mounted? Mounted)
    {
        public string Path => Mounted?.Point ?? Request.Address;

        /// <summary>The kernel keeps the names of devices that are mounted for itself: another disk does not get this one's while it is here.</summary>
        public bool IsPulled => Mounted is not null && Request.Kind is (PlaceKind.Partition or PlaceKind.Stick) && !File.Exists(Request.Address);

        /// <summary>Asked once: the path of a share that went away would hang.</summary>
        public IReadOnlyList<string> Disks { get; } = Request.Kind is PlaceKind.Partition or PlaceKind.Stick or PlaceKind.Folder ? DisksOf(Request.Address) : [];
    }
}
