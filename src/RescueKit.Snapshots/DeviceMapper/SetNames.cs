namespace RescueKit.Snapshots.DeviceMapper;

internal enum SetPart
{
    /// <summary>What a volume really lies on: its table from before.</summary>
    Real,

    /// <summary>The volume as it was.</summary>
    Frozen,

    /// <summary>The piece of a block device that holds what is overwritten.</summary>
    Store,
}

/// <summary>
/// How the devices of a snapshot are called. Their ids tell whose they are, so that they are found and removed even when the process that
/// made them is gone, and the inventory of disks knows them for none.
/// </summary>
internal static class SetNames
{
    private const string IdPrefix = "RESCUEKIT-HOT-";
    private static readonly string[] s_parts = ["real", "frozen", "store"];

    public static (string Name, string Id) RealOf(string set, int index) => Of(set, index, SetPart.Real);

    public static (string Name, string Id) FrozenOf(string set, int index) => Of(set, index, SetPart.Frozen);

    public static (string Name, string Id) StoreOf(string set, int index) => Of(set, index, SetPart.Store);

    /// <summary>Set and part that a device belongs to; null for all others.</summary>
    public static (string Set, SetPart Part)? Parse(string id) =>
        id.StartsWith(IdPrefix, StringComparison.Ordinal) && id[IdPrefix.Length..].Split('-') is [var set, _, var part] && Array.IndexOf(s_parts, part) is >= 0 and var index
            ? (set, (SetPart)index)
            : null;

    private static (string, string) Of(string set, int index, SetPart part) => ($"rescuekit-{set}-{index}-{s_parts[(int)part]}", $"{IdPrefix}{set}-{index}-{s_parts[(int)part]}");
}
