using System.Text.Json;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>A partition as sfdisk prints it, in bytes.</summary>
public sealed record SfdiskPartition(int Number, Extent Extent, string Type);

/// <summary>What "sfdisk --json" reads from a disk file; the oracle for the table readers.</summary>
public sealed record SfdiskDump(string? Label, IReadOnlyList<SfdiskPartition> Partitions)
{
    /// <summary>Without the extended partition itself, which is no partition to image.</summary>
    public IEnumerable<SfdiskPartition> WithoutContainers => Partitions.Where(p => p.Type is not ("0x05" or "0x0f" or "0x85"));

    public static SfdiskDump Read(string path)
    {
        var run = Tool.Run("sfdisk", "--json", path);
        var begin = run.Output.IndexOf("{\n", StringComparison.Ordinal); // remarks about damage may come before
        if (!run.Ok || begin < 0) return new SfdiskDump(null, []);
        using var json = JsonDocument.Parse(run.Output[begin..]);
        var table = json.RootElement.GetProperty("partitiontable");
        var label = table.GetProperty("label").GetString();
        if (!table.TryGetProperty("partitions", out var partitions)) return new SfdiskDump(label, []);
        var sector = table.TryGetProperty("sectorsize", out var size) ? size.GetInt64() : 512;
        var found = new List<SfdiskPartition>();
        foreach (var partition in partitions.EnumerateArray())
        {
            // What does not fit a signed count of bytes lies outside any disk.
            if (!partition.GetProperty("start").TryGetInt64(out var start) || !partition.GetProperty("size").TryGetInt64(out var count)) continue;
            if (start > (1L << 53) / sector || count > (1L << 53) / sector) continue;
            var number = int.Parse(partition.GetProperty("node").GetString()![path.Length..].TrimStart('p'));
            found.Add(new SfdiskPartition(number, new Extent(start * sector, count * sector), Normal(partition.GetProperty("type").GetString()!)));
        }
        return new SfdiskDump(label, found);
    }

    public static IEnumerable<SfdiskPartition> Of(DiskLayout layout) => layout.Partitions.Select(p => new SfdiskPartition(p.Number, p.Extent, p.Type));

    private static string Normal(string type) => type.Contains('-') ? type.ToLowerInvariant() : $"0x{type.PadLeft(2, '0').ToLowerInvariant()}";
}
