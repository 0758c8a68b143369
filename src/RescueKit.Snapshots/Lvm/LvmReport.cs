using System.Globalization;

namespace RescueKit.Snapshots.Lvm;

/// <summary>What `lvs` prints, a line for each segment of a volume. Source: lvs(8), lvmreport(7).</summary>
internal static class LvmReport
{
    public const string Fields = "vg_name,lv_name,lv_kernel_major,lv_kernel_minor,lv_size,segtype,origin,lv_tags,vg_free,vg_extent_size,pool_lv,data_percent";
    public const string Separator = "|";
    private const string Pool = "thin-pool";

    /// <param name="text">Sizes in bytes without a unit.</param>
    /// <returns>Active volumes, without those that lvm2 keeps for itself (in brackets) and without pools.</returns>
    /// <exception cref="LvmException">A number is none.</exception>
    public static IReadOnlyList<LogicalVolume> Parse(string text)
    {
        // Of volumes with several segments, the first one's line.
        var rows = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(Separator)).Where(row => row.Length == Fields.Count(c => c == ',') + 1)
            .Select(row => new Row(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11])).DistinctBy(row => (row.Group, row.Name)).ToList();
        var pools = rows.Where(row => row.Type == Pool).ToDictionary(row => (row.Group, row.Name), FreeOf);
        return [.. rows.Where(row => !row.Name.StartsWith('[') && row.Type != Pool && row.Major is not ("" or "-1")).Select(row => new LogicalVolume(
            row.Group, row.Name, $"{row.Major}:{row.Minor}", Number(row.Length), row.Type, row.Origin, row.Tags.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Number(row.GroupFree), Number(row.Extent), pools.TryGetValue((row.Group, row.PoolName), out var free) ? free : null))];
    }

    /// <summary>Of a pool that is not active nobody knows how full it is.</summary>
    private static long FreeOf(Row pool) => (long)(Number(pool.Length) * (100 - (pool.DataPercent is "" ? 100 : Percent(pool.DataPercent))) / 100);

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Odd(text);

    private static decimal Percent(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent : throw Odd(text);

    private static LvmException Odd(string text) => new($"lvs says '{text}' where a number belongs");

    private sealed record Row(
        string Group, string Name, string Major, string Minor, string Length, string Type, string Origin, string Tags, string GroupFree, string Extent, string PoolName, string DataPercent);
}
