using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>
/// Takes a snapshot away whatever state it is in: half made, whole, lost, or half removed. Knows nothing but what the kernel tells, so
/// that anybody can do it after a crash.
/// </summary>
internal static class SetRemoval
{
    /// <summary>Sets that have devices now.</summary>
    public static IReadOnlyList<string> Sets(IDeviceMapper mapper) =>
        [.. mapper.List().Select(device => SetNames.Parse(device.Id)?.Set).OfType<string>().Distinct()];

    /// <returns>A sentence for each thing that was done.</returns>
    /// <exception cref="DeviceMapperException">The kernel refused a step; all others have been tried.</exception>
    public static IReadOnlyList<string> Remove(IDeviceMapper mapper, string set)
    {
        var done = new List<string>();
        DeviceMapperException? failure = null;
        var devices = mapper.List();
        var parts = devices.Where(device => SetNames.Parse(device.Id)?.Set == set).ToList();
        var (reals, frozens, stores) = (Those(SetPart.Real), Those(SetPart.Frozen), Those(SetPart.Store));
        foreach (var frozen in frozens.Where(frozen => frozen.OpenCount > 0)) Try(() => MakeUseless(mapper, frozen));
        foreach (var live in devices.Except(parts))
        {
            foreach (var real in reals)
            {
                Try(() =>
                {
                    if (IsOver(mapper, live, real)) PutBack(mapper, live, real, done);
                });
            }
        }
        // The uppermost first: each is open as long as one above it is.
        foreach (var part in frozens.Concat(reals).Concat(stores)) Try(() => RemoveOne(mapper, part, done));
        return failure is null ? done : throw failure;

        List<MappedDevice> Those(SetPart wanted) => [.. parts.Where(device => SetNames.Parse(device.Id)!.Value.Part == wanted)];

        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (DeviceMapperException e) when (e.Errno == Kernel.NoSuchDevice)
            {
                // Somebody has removed it meanwhile.
            }
            catch (DeviceMapperException e)
            {
                failure ??= e;
            }
        }
    }

    /// <summary>Its active table rests on it, or one that was loaded and never made active; or it was suspended to be put back, which was not ended.</summary>
    private static bool IsOver(IDeviceMapper mapper, MappedDevice live, MappedDevice real) =>
        mapper.Table(live.Name).Concat(mapper.LoadedTable(live.Name)).Any(target => target.Type == "snapshot-origin" && target.Parameters == real.Number)
        || (live.IsSuspended && mapper.Table(live.Name).SequenceEqual(mapper.Table(real.Name)));

    /// <summary>Whatever its table is now and whether it is suspended or not: afterwards it has its table from before, and runs.</summary>
    private static void PutBack(IDeviceMapper mapper, MappedDevice live, MappedDevice real, List<string> done)
    {
        mapper.Load(live.Name, mapper.Table(real.Name));
        mapper.Resume(live.Name);
        done.Add($"{live.Name} is as it was before the snapshot.");
    }

    /// <summary>Somebody reads it, to whom it would soon show a mixture of old and new: it shows nothing any more.</summary>
    private static void MakeUseless(IDeviceMapper mapper, MappedDevice frozen)
    {
        if (mapper.Table(frozen.Name) is not [{ Type: "snapshot" } table]) return;
        mapper.Load(frozen.Name, [new MapTarget(0, table.Length, "error", "")]);
        mapper.Resume(frozen.Name, hidden: true);
    }

    private static void RemoveOne(IDeviceMapper mapper, MappedDevice device, List<string> done)
    {
        try
        {
            mapper.Remove(device.Name);
        }
        catch (DeviceMapperException e) when (e.Errno == Kernel.Busy)
        {
            mapper.Remove(device.Name, deferred: true);
            done.Add($"{device.Name} is still in use, and goes once it is not.");
            return;
        }
        done.Add($"{device.Name} was removed.");
    }
}
