namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>
/// How the devices of a snapshot are called. Their ids tell whose they are, so that they are found and removed even when the process that
/// made them is gone, and the inventory of disks knows them for none.
/// </summary>
internal static class SetNames
{
    private const string IdPrefix = "RESCUEKIT-HOT-";
    private const string Real = "real", Frozen = "frozen";

    /// <summary>What a volume really lies on: its table from before.</summary>
    public static (string Name, string Id) RealOf(string set, int index) => Of(set, index, Real);

    /// <summary>The volume as it was.</summary>
    public static (string Name, string Id) FrozenOf(string set, int index) => Of(set, index, Frozen);

    /// <summary>Set and part that a device belongs to; null for all others.</summary>
    public static (string Set, bool IsReal)? Parse(string id) =>
        id.StartsWith(IdPrefix, StringComparison.Ordinal) && id[IdPrefix.Length..].Split('-') is [var set, _, Real or Frozen] parts ? (set, parts[2] == Real) : null;

    private static (string, string) Of(string set, int index, string part) => ($"rescuekit-{set}-{index}-{part}", $"{IdPrefix}{set}-{index}-{part}");
}
