using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Lvm;

namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>Volume groups that keep books, with a device for each volume.</summary>
internal sealed class FakeLvm(FakeDeviceMapper mapper, Faults faults) : ILvm
{
    private readonly Lock _lock = new();
    private readonly List<LogicalVolume> _volumes = [];

    /// <summary>A call that fails has done its work all the same, as lvm2 may.</summary>
    public bool FailsLate { get; set; }

    public List<string> Extensions { get; } = [];

    public IReadOnlyList<string> Books
    {
        get
        {
            lock (_lock) return [.. _volumes.Select(volume => $"{volume.Path} {volume.Number} {volume.Type} {volume.Origin} {string.Join(',', volume.Tags)}")];
        }
    }

    public LogicalVolume Add(LogicalVolume volume, MapTarget? target = null)
    {
        var device = mapper.Live(GuardedVolumes.MappedName(volume.Path), "LVM-" + volume.Name, [target ?? new MapTarget(0, volume.Length / 512, volume.Type, "8:1 0")]);
        lock (_lock) _volumes.Add(volume with { Number = device.Number });
        return _volumes[^1];
    }

    public IReadOnlyList<LogicalVolume> List()
    {
        if (faults.Call()) throw new LvmException("lvs: refused");
        lock (_lock) return [.. _volumes];
    }

    public void Snapshot(LogicalVolume origin, string name, string tag, long? bytes) => Change("lvcreate", () =>
        Add(origin with { Name = name, Origin = origin.Name, Tags = [tag] }, new MapTarget(0, origin.Length / 512, bytes is null ? "thin" : "snapshot", "253:0 7")));

    public void Extend(string path, long bytes) => Change("lvextend", () => Extensions.Add($"{path} +{bytes}"));

    public void Remove(string path) => Change("lvremove", () =>
    {
        if (mapper.Find(GuardedVolumes.MappedName(path)) is { } device)
        {
            if (device.OpenCount > 0) throw new LvmException($"lvremove: {path} is in use");
            mapper.Remove(device.Name);
        }
        lock (_lock)
        {
            if (_volumes.RemoveAll(volume => volume.Path == path) == 0) throw new LvmException($"lvremove: {path} is not there");
        }
    });

    private void Change(string program, Action what)
    {
        var fails = faults.Call();
        if (!fails || FailsLate)
        {
            faults.Change();
            what();
        }
        if (fails) throw new LvmException($"{program}: refused");
    }
}
