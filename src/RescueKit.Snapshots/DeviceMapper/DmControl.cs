using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>The device mapper of the running kernel.</summary>
internal sealed unsafe class DmControl : IDeviceMapper, IDisposable
{
    private const string Node = "/dev/mapper/control";
    private const int FirstRoom = 16 << 10, MostRoom = 16 << 20;

    private readonly SafeFileHandle _control;

    /// <exception cref="SnapshotException">The kernel has none.</exception>
    public DmControl() => _control = Kernel.Open(Node, Kernel.ReadWrite) ?? throw new SnapshotException(
        $"the kernel's device mapper cannot be reached ({Node}: {Kernel.Reason(Kernel.LastError)})", "run it as root, and load its module: modprobe dm-snapshot");

    public IReadOnlyList<MappedDevice> List() => [.. Ask(DmCommand.ListDevices, "").Names().Select(found => Find(found.Name)).OfType<MappedDevice>()];

    public MappedDevice? Find(string name)
    {
        try
        {
            return Do(new DmRequest(DmCommand.Status, name)).Device;
        }
        catch (DeviceMapperException e) when (e.Errno == Kernel.NoSuchDevice)
        {
            return null;
        }
    }

    public MappedDevice Create(string name, string id) => Do(new DmRequest(DmCommand.Create, name, id)).Device;

    public void Load(string name, IReadOnlyList<MapTarget> table) => Do(new DmRequest(DmCommand.Load, name, table: table));

    public void Resume(string name, bool hidden) => Do(new DmRequest(DmCommand.Suspend, name, flags: DmFlags.SkipLockFs, hidden: hidden));

    public void Remove(string name, bool deferred) => Do(new DmRequest(DmCommand.Remove, name, flags: deferred ? DmFlags.DeferredRemove : 0));

    public IReadOnlyList<MapTarget> Table(string name) => Ask(DmCommand.TableStatus, name, DmFlags.StatusTable).Targets();

    public IReadOnlyList<MapTarget> LoadedTable(string name) => Ask(DmCommand.TableStatus, name, DmFlags.StatusTable | DmFlags.QueryInactive).Targets();

    public IReadOnlyList<MapTarget> Status(string name) => Ask(DmCommand.TableStatus, name).Targets();

    public bool IsHeld(string name)
    {
        if (Find(name) is not { } device) return false;
        using var claim = Kernel.Open(device.Node, Kernel.ReadOnly | Kernel.Exclusive);
        return claim is null && Kernel.LastError == Kernel.Busy && !File.ReadLines("/proc/swaps").Any(line => RealPath.Of(line.Split(' ')[0]) == device.Node);
    }

    public void Dispose() => _control.Dispose();

    /// <summary>For what has an answer of unknown length.</summary>
    private DmRequest Ask(DmCommand command, string name, DmFlags flags = 0)
    {
        for (var room = FirstRoom; ; room *= 2)
        {
            var answer = Do(new DmRequest(command, name, flags: flags, room: room));
            if (!answer.Flags.HasFlag(DmFlags.BufferFull) || room >= MostRoom) return answer;
        }
    }

    private DmRequest Do(DmRequest request)
    {
        var name = request.Device.Name;
        var errno = Send(_control, request);
        return errno == 0 ? request : throw new DeviceMapperException($"device mapper: {request.Command} {name}: {Kernel.Reason(errno)}", errno);
    }

    /// <summary>Sends a request that was made before, again and again where wanted, and forgets the answer; 0, or the error number.</summary>
    public static int Fire(SafeFileHandle control, DmRequest request)
    {
        var copy = stackalloc byte[DmRequest.HeaderLength];
        request.Buffer.AsSpan(0, DmRequest.HeaderLength).CopyTo(new Span<byte>(copy, DmRequest.HeaderLength));
        return Kernel.Control(control, request.Code, copy) == 0 ? 0 : Kernel.LastError;
    }

    private static int Send(SafeFileHandle control, DmRequest request)
    {
        fixed (byte* buffer = request.Buffer) return Kernel.Control(control, request.Code, buffer) == 0 ? 0 : Kernel.LastError;
    }
}
