using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Tests;

/// <summary>A device mapper that keeps books, and dies at a step where it is told to.</summary>
internal sealed class FakeDeviceMapper : IDeviceMapper
{
    private readonly List<Entry> _devices = [];
    private int _next;

    /// <summary>The process is killed before the step of this number; null for never.</summary>
    public int? DiesAt { get; set; }
    public int Steps { get; private set; }

    public MappedDevice Live(string name, string table)
    {
        var device = Create(name, "");
        Load(name, [new MapTarget(0, 1000, "linear", table)]);
        Resume(name);
        return device;
    }

    public void Suspend(string name)
    {
        Step();
        Get(name).IsSuspended = true;
    }

    public void Open(string name) => Get(name).OpenCount++;

    public bool IsSuspended(string name) => Get(name).IsSuspended;

    public IReadOnlyList<MappedDevice> List() => [.. _devices.Select(device => device.Show(_devices))];

    public MappedDevice? Find(string name) => _devices.FirstOrDefault(device => device.Name == name)?.Show(_devices);

    public MappedDevice Create(string name, string id)
    {
        Step();
        _devices.Add(new Entry(name, id, $"253:{_next++}"));
        return Find(name)!;
    }

    public void Load(string name, IReadOnlyList<MapTarget> table)
    {
        Step();
        Get(name).Loaded = table;
    }

    public void Resume(string name, bool hidden = false)
    {
        Step();
        var device = Get(name);
        if (device.Loaded.Count > 0) (device.Active, device.Loaded) = (device.Loaded, []);
        device.IsSuspended = false;
    }

    public void Remove(string name, bool deferred = false)
    {
        Step();
        var device = Get(name);
        if (device.Show(_devices).OpenCount > 0)
        {
            if (!deferred) throw new DeviceMapperException($"{name} is busy", Kernel.Busy);
            return;
        }
        _devices.Remove(device);
    }

    public IReadOnlyList<MapTarget> Table(string name) => Get(name).Active;

    public IReadOnlyList<MapTarget> LoadedTable(string name) => Get(name).Loaded;

    public IReadOnlyList<MapTarget> Status(string name) => Get(name).Active;

    private Entry Get(string name) => _devices.FirstOrDefault(device => device.Name == name) ?? throw new DeviceMapperException($"{name} is not there", Kernel.NoSuchDevice);

    private void Step()
    {
        if (Steps++ == DiesAt) throw new KilledException();
    }

    private sealed class Entry(string name, string id, string number)
    {
        public string Name => name;
        public IReadOnlyList<MapTarget> Active { get; set; } = [];
        public IReadOnlyList<MapTarget> Loaded { get; set; } = [];
        public bool IsSuspended { get; set; }
        public int OpenCount { get; set; }

        /// <summary>A device is open as often as tables name it.</summary>
        public MappedDevice Show(List<Entry> all) => new(name, id, number,
            OpenCount + all.Sum(other => other.Active.Concat(other.Loaded).Count(target => target.Parameters.Split(' ').Contains(number))), IsSuspended);
    }
}

internal sealed class KilledException : Exception;
