using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>A device mapper that keeps books.</summary>
internal sealed class FakeDeviceMapper : IDeviceMapper, IDisposable
{
    private const int InputOutput = 5;
    private readonly Lock _lock = new();
    private readonly List<Entry> _devices = [];
    private bool _isDisposed;

    /// <summary>No machine has devices of such numbers: providers do things to the nodes of what they made.</summary>
    private int _next = 1_000_000;

    public Faults Faults { get; } = new();

    /// <summary>A device that somebody removes whenever it has just been listed.</summary>
    public string? Vanishing { get; set; }

    /// <summary>Device by device, its table and what is unusual about it.</summary>
    public IReadOnlyList<string> Books
    {
        get
        {
            lock (_lock) return [.. _devices.Select(device => device.ToString())];
        }
    }

    public MappedDevice Live(string name, string table, string id = "", string type = "linear") => Live(name, id, [new MapTarget(0, 1000, type, table)]);

    public MappedDevice Live(string name, string id, IReadOnlyList<MapTarget> table)
    {
        var device = Create(name, id);
        Load(name, table);
        Resume(name);
        return device;
    }

    public void Suspend(string name) => Change(() => Get(name).IsSuspended = true);

    public void Open(string name) => Get(name).OpenCount++;

    public void Close(string name) => Get(name).OpenCount--;

    /// <summary>As a mount does.</summary>
    public void Hold(string name) => Get(name).IsHeld = true;

    public bool IsSuspended(string name) => Get(name).IsSuspended;

    /// <summary>What a device's only target says of its state from now on.</summary>
    public void Say(string name, string status) => Get(name).Says = status;

    public IReadOnlyList<MappedDevice> List() => Ask(() => _devices.ConvertAll(device => device.Show(_devices)));

    public MappedDevice? Find(string name) => Ask(() => _devices.FirstOrDefault(device => device.Name == name)?.Show(_devices));

    public MappedDevice Create(string name, string id) => Change(() =>
    {
        if (_devices.Exists(device => device.Name == name)) throw new DeviceMapperException($"{name} is there already", Kernel.Busy);
        var entry = new Entry(name, id, $"253:{_next++}");
        _devices.Add(entry);
        return entry.Show(_devices);
    });

    public void Load(string name, IReadOnlyList<MapTarget> table) => Change(() => Get(name).Loaded = table);

    public void Resume(string name, bool hidden = false) => Change(() =>
    {
        var device = Get(name);
        if (device.Loaded.Count > 0) (device.Active, device.Loaded) = (device.Loaded, []);
        return device.IsSuspended = false;
    });

    public void Remove(string name, bool deferred = false) => Change(() =>
    {
        var device = Get(name);
        if (device.Show(_devices).OpenCount > 0) return deferred ? false : throw new DeviceMapperException($"{name} is busy", Kernel.Busy);
        return _devices.Remove(device);
    });

    public IReadOnlyList<MapTarget> Table(string name) => Ask(() => Get(name).Active);

    public IReadOnlyList<MapTarget> LoadedTable(string name) => Ask(() => Get(name).Loaded);

    public IReadOnlyList<MapTarget> Status(string name) => Ask(() => Get(name).Status);

    public bool IsHeld(string name) => Ask(() => Get(name).IsHeld);

    public void Dispose() => _isDisposed = true;

    private Entry Get(string name) => _devices.FirstOrDefault(device => device.Name == name && name != Vanishing) ?? throw new DeviceMapperException($"{name} is not there", Kernel.NoSuchDevice);

    private T Ask<T>(Func<T> what)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Faults.Call() ? throw new DeviceMapperException("refused", InputOutput) : what();
        }
    }

    private T Change<T>(Func<T> what) => Ask(() =>
    {
        Faults.Change();
        return what();
    });

    private sealed class Entry(string name, string id, string number)
    {
        public string Name => name;
        public IReadOnlyList<MapTarget> Active { get; set; } = [];
        public IReadOnlyList<MapTarget> Loaded { get; set; } = [];
        public bool IsSuspended { get; set; }
        public int OpenCount { get; set; }
        public bool IsHeld { get; set; }
        public string? Says { get; set; }

        public IReadOnlyList<MapTarget> Status => [.. Active.Select(target => target with { Parameters = Says ?? (target.Type == "snapshot" ? "0/2097152 0" : "") })];

        /// <summary>A device is open as often as tables name it.</summary>
        public MappedDevice Show(List<Entry> all) => new(name, id, number,
            OpenCount + all.Sum(other => other.Active.Concat(other.Loaded).Count(target => target.Parameters.Split(' ').Contains(number))), IsSuspended);

        public override string ToString() => $"{name} {id} {number} {string.Join(", ", Active)} loaded {string.Join(", ", Loaded)}{(IsSuspended ? " suspended" : "")}";
    }
}
