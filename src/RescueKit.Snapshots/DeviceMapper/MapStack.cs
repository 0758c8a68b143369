using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>Which mapped device lies on which, as all tables say at one time.</summary>
internal sealed class MapStack
{
    private readonly IDeviceMapper _mapper;
    private readonly List<(MappedDevice Device, HashSet<string> Below)> _devices = [];

    public MapStack(IDeviceMapper mapper)
    {
        _mapper = mapper;
        foreach (var device in mapper.List())
        {
            try
            {
                _devices.Add((device, [.. mapper.Table(device.Name).SelectMany(target => target.Parameters.Split(' '))]));
            }
            catch (DeviceMapperException e) when (e.Errno == Kernel.NoSuchDevice)
            {
                // Somebody has removed it meanwhile.
            }
        }
    }

    /// <summary>The longest way up from a device to one on which no other lies: 0 for that one.</summary>
    public int LayersAbove(MappedDevice device) => Above(device).Select(above => 1 + LayersAbove(above)).DefaultIfEmpty().Max();

    /// <summary>Something that is no mapped device has it for itself, or has one that lies on it (<see cref="IDeviceMapper.IsHeld"/>).</summary>
    public bool IsHeld(MappedDevice device) => Above(device) is { Count: > 0 } above ? above.Exists(IsHeld) : _mapper.IsHeld(device.Name);

    private List<MappedDevice> Above(MappedDevice device) => [.. _devices.Where(other => other.Below.Contains(device.Number)).Select(other => other.Device)];
}
