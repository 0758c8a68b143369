using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>Looks how full the stores of a set are, and makes them larger before they are full. Looked through by one thread at a time.</summary>
/// <param name="volumes">What they are called in messages.</param>
internal sealed class StoreWatch(IDeviceMapper mapper, string set, IReadOnlyList<string> volumes, IReadOnlyList<ICowStore> stores)
{
    /// <summary>A disk writes some hundred MB in this time; the step by which stores grow is more.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>How the snapshot was lost; null while it is whole.</summary>
    public string? Lost { get; private set; }

    public void Look()
    {
        for (var i = 0; i < volumes.Count && Lost is null; i++)
        {
            var status = StatusOf(mapper, SetNames.FrozenOf(set, i).Name);
            if (StoreUse.Parse(status) is not { } use) Lost = $"the snapshot of {volumes[i]} is lost: {Explain(status, stores[i])}";
            else if (use.IsNearlyFull) stores[i].Grow();
        }
    }

    public static string StatusOf(IDeviceMapper mapper, string name)
    {
        try
        {
            return mapper.Status(name) is [{ } only] ? only.Parameters : "gone";
        }
        catch (DeviceMapperException e)
        {
            return e.Message;
        }
    }

    private static string Explain(string status, ICowStore store) => status switch
    {
        "Invalid" or "Overflow" => FormattableString.Invariant($"its copy-on-write store in {store.Where} took no more than {store.Length >> 20} MiB, or failed"),
        "gone" => "somebody removed it",
        _ => status,
    };
}
