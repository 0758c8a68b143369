using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Snapshots.Lvm;

/// <summary>Snapshots of LVM in their guardian's hands.</summary>
/// <param name="volumes">"vg0/rescuekit-1234abcd".</param>
internal sealed class GuardedVolumes(ILvm lvm, IDeviceMapper mapper, IReadOnlyList<string> volumes) : IGuarded
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200), s_rest = TimeSpan.FromSeconds(5);
    private long _next;

    public GuardedVolumes(IReadOnlyList<string> volumes) : this(new LvmTools(), new DmControl(), volumes)
    {
    }

    /// <summary>LVM keeps its stores itself.</summary>
    public void Adopt(string words)
    {
    }

    /// <summary>The kernel is asked how full they are, lvm2 only where there is something to do.</summary>
    public void Look()
    {
        if (Stopwatch.GetTimestamp() < _next) return;
        _next = Stopwatch.GetTimestamp() + (long)((KeepAll() ? s_look : s_rest).TotalSeconds * Stopwatch.Frequency);
    }

    public void Remove()
    {
        try
        {
            foreach (var path in volumes)
            {
                if (lvm.List().Any(volume => volume.Path == path)) lvm.Remove(path);
            }
        }
        catch (LvmException e)
        {
            throw new SnapshotException(e.Message, null, e);
        }
    }

    /// <summary>A guardian's device mapper goes with its process; a provider's is for its next snapshot, too.</summary>
    public void Dispose()
    {
    }

    /// <summary>As the device mapper knows it: lvm2 doubles hyphens (lvm2, libdm/libdm-string.c).</summary>
    internal static string MappedName(string path) => string.Join('-', path.Split('/').Select(part => part.Replace("-", "--", StringComparison.Ordinal)));

    /// <returns>False where nothing can be done for one of them for now.</returns>
    private bool KeepAll()
    {
        try
        {
            var known = mapper.List();
            var all = true;
            foreach (var path in volumes)
            {
                if (known.FirstOrDefault(device => device.Name == MappedName(path)) is { } device) all &= Keep(path, device, known);
            }
            return all;
        }
        catch (DeviceMapperException)
        {
            return false;
        }
    }

    private bool Keep(string path, MappedDevice device, IReadOnlyList<MappedDevice> known)
    {
        try
        {
            switch (mapper.Status(device.Name))
            {
                case [{ Type: "snapshot" } only] when StoreUse.Parse(only.Parameters) is { IsNearlyFull: true } use:
                    if (lvm.List().FirstOrDefault(volume => volume.Path == path) is not { } snapshot || LvmStore.Step(snapshot, use.Length) is not { } step) return false;
                    lvm.Extend(path, step);
                    break;
                case [{ Type: "thin" } thin] when Pool(device, known) is { } pool && mapper.Status(pool.Name) is [{ Type: "thin-pool" } full] && LvmStore.IsTooFull(full.Parameters):
                    // LVM removes nothing that is open: whoever reads it is given errors, and goes.
                    mapper.Load(device.Name, [new MapTarget(0, thin.Length, "error", "")]);
                    mapper.Resume(device.Name);
                    lvm.Remove(path);
                    break;
                case [{ Type: "error" }]:
                    lvm.Remove(path);
                    break;
            }
            return true;
        }
        catch (Exception e) when (e is LvmException or DeviceMapperException)
        {
            return false;
        }
    }

    /// <summary>A thin volume's table begins with its pool's number.</summary>
    private MappedDevice? Pool(MappedDevice thin, IReadOnlyList<MappedDevice> known) =>
        mapper.Table(thin.Name) is [{ } only] ? known.FirstOrDefault(device => device.Number == only.Parameters.Split(' ')[0]) : null;
}
