namespace RescueKit.Snapshots.Lvm;

/// <summary>How this program's snapshots are called in a group: the tag finds them, the name tells which one it is.</summary>
internal static class LvmNames
{
    public const string Tag = "rescuekit";
    private const string Prefix = "rescuekit-";

    public static string Of(string id) => Prefix + id;

    /// <summary>Null for everybody else's volumes.</summary>
    public static string? IdOf(LogicalVolume volume) =>
        volume.Tags.Contains(Tag) && volume.Origin.Length > 0 && volume.Name.StartsWith(Prefix, StringComparison.Ordinal) ? volume.Name[Prefix.Length..] : null;
}
